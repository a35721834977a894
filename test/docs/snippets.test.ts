import { access, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startTestServer } from '../support/server.ts'
import { printingBlocks } from './code-blocks.ts'
import { compilePrograms, readersFolder, runProgram } from './programs.ts'

async function snippetsOf(file: string) {
  const blocks = (await printingBlocks(file)).filter(({ language }) => language === 'ts')
  return blocks.map(({ code, prints }, index) => {
    if (prints === undefined) throw new Error(`${file}: nothing says what this prints:\n${code}`)
    return { file: `snippet-${index}.ts`, code, prints }
  })
}

test.each(['docs/consuming.md', 'docs/publishing.md'])(
  'each program of %s compiles, and prints what it says',
  async (document) => {
    await access(fileURLToPath(new URL('../../client/dist/index.js', import.meta.url))).catch(() => {
      throw new Error('The client is not built. Run: npm run build')
    })
    const snippets = await snippetsOf(document)
    expect(snippets.length).toBeGreaterThan(3)
    await using server = await startTestServer()
    await using folder = await readersFolder()
    for (const { file, code } of snippets) {
      expect(code).toContain("url: 'http://localhost:4000/graphql'")
      const here = code.replaceAll('http://localhost:4000/graphql', server.url)
      await writeFile(join(folder.path, file), here)
    }
    await compilePrograms(
      folder.path,
      snippets.map(({ file }) => file),
    )
    for (const snippet of snippets) await runProgram(folder.path, snippet)
  },
  60_000,
)
