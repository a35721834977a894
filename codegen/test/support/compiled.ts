import { access, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startNode } from '../../../test/support/child.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** A folder in which the packages of the project are found, as in that of a user. */
export async function projectFolder(): Promise<AsyncDisposable & { path: string }> {
  for (const file of ['client/dist/index.js', 'codegen/dist/index.js']) {
    await access(join(root, file)).catch(() => {
      throw new Error(`${file} is not built. Run: npm run build`)
    })
  }
  const path = await mkdtemp(join(root, 'node_modules', '.codegen-'))
  await writeFile(join(path, 'package.json'), JSON.stringify({ type: 'module' }))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

/** Gives what the TypeScript compiler says of these files under the strictest options; empty when they are fine. */
export async function compilerErrors(folder: string, files: readonly string[]): Promise<string> {
  const compilerOptions = {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    isolatedDeclarations: true,
    declaration: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    types: [],
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
  await using compiler = startNode([join(root, 'node_modules/typescript/bin/tsc'), '-p', folder])
  await compiler.ended(60_000)
  return compiler.stdout() + compiler.stderr()
}
