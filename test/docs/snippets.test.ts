import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startNode } from '../support/child.ts'
import { until } from '../support/deadline.ts'
import { startTestServer } from '../support/server.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const timeoutMs = 60_000

interface Snippet {
  code: string
  /** What the text block after it says that it prints. */
  prints: string
}

async function snippetsOf(file: string): Promise<Snippet[]> {
  const text = await readFile(join(root, file), 'utf8')
  const blocks = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', code = '']) => ({
    language,
    code,
  }))
  return blocks.flatMap(({ language, code }, index) => {
    if (language !== 'ts') return []
    const next = blocks[index + 1]
    if (next?.language !== 'text') throw new Error(`${file}: nothing says what this prints:\n${code}`)
    return [{ code, prints: next.code }]
  })
}

test.each(['docs/consuming.md', 'docs/publishing.md'])(
  'each program of %s compiles, and prints what it says',
  async (file) => {
    await access(join(root, 'client/dist/index.js')).catch(() => {
      throw new Error('The client is not built. Run: npm run build')
    })
    const snippets = await snippetsOf(file)
    expect(snippets.length).toBeGreaterThan(3)
    await using server = await startTestServer()
    // Inside the project, so that the client package is found as it is for a reader.
    const folder = await mkdtemp(join(root, 'node_modules', '.snippets-'))
    try {
      await mkdir(join(folder, 'src'))
      for (const [index, { code }] of snippets.entries()) {
        expect(code).toContain("url: 'http://localhost:4000/graphql'")
        const here = code.replaceAll('http://localhost:4000/graphql', server.url)
        await writeFile(join(folder, `src/snippet-${index}.ts`), here)
      }
      await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
      const compilerOptions = {
        target: 'es2022',
        module: 'nodenext',
        strict: true,
        noImplicitReturns: true,
        types: ['node'],
        rootDir: 'src',
        outDir: 'out',
      }
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }))
      const tsc = join(root, 'node_modules/typescript/bin/tsc')
      await using compiler = startNode([tsc, '-p', folder])
      expect(await compiler.ended(timeoutMs), compiler.stdout()).toEqual({ code: 0, signal: null })
      for (const [index, { code, prints }] of snippets.entries()) {
        await using program = startNode([join(folder, `out/snippet-${index}.js`)])
        await until(() => program.stdout().length >= prints.length || program.stderr() !== '', 'its output', {
          describe: () => `of\n${code}\nbut:\n${program.stdout()}${program.stderr()}`,
        })
        if (code.includes('SIGTERM')) program.process.kill('SIGTERM')
        expect(await program.ended(), program.stderr()).toEqual({ code: 0, signal: null })
        expect(program.stdout()).toBe(prints)
      }
    } finally {
      await rm(folder, { recursive: true })
    }
  },
  timeoutMs,
)
