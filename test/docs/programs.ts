import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { startNode } from '../support/child.ts'
import { until } from '../support/deadline.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Makes a folder inside the project, so that programs in it find its packages as a reader's programs do. */
export async function readersFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(root, 'node_modules', '.docs-'))
  await writeFile(join(path, 'package.json'), JSON.stringify({ type: 'module' }))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

/** Compiles files of the folder to its folder `out`, in the compiler's strict mode. */
export async function compilePrograms(folder: string, files: readonly string[]): Promise<void> {
  const compilerOptions = {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    noImplicitReturns: true,
    types: ['node'],
    rootDir: '.',
    outDir: 'out',
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
  await using compiler = startNode([join(root, 'node_modules/typescript/bin/tsc'), '-p', folder])
  expect(await compiler.ended(120_000), compiler.stdout()).toEqual({ code: 0, signal: null })
}

/**
 * Runs a compiled program and compares its output; one that waits for SIGTERM gets it when all is printed.
 *
 * @param file Name of the TypeScript file.
 */
export async function runProgram(
  folder: string,
  { file, code, prints }: { file: string; code: string; prints: string },
): Promise<void> {
  await using program = startNode([join('out', file.replace('.ts', '.js'))], { cwd: folder })
  await until(() => program.stdout().length >= prints.length || program.stderr() !== '', 'its output', {
    describe: () => `of\n${code}\nbut:\n${program.output()}`,
  })
  if (code.includes('SIGTERM')) program.process.kill('SIGTERM')
  expect(await program.ended(), program.stderr()).toEqual({ code: 0, signal: null })
  expect(program.stdout()).toBe(prints)
}
