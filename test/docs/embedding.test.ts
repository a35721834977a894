import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startNode } from '../support/child.ts'
import { createTestDatabase } from '../support/database.ts'
import { printingBlocks } from './code-blocks.ts'
import { compilePrograms, readersFolder } from './programs.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

test('each program of docs/embedding.md compiles, and prints what it says', async () => {
  const blocks = (await printingBlocks('docs/embedding.md')).filter(({ language }) => language === 'ts')
  expect(blocks.length).toBeGreaterThan(2)
  await using folder = await readersFolder()
  await mkdir(join(folder.path, 'node_modules'))
  await symlink(root, join(folder.path, 'node_modules/pgq-graphql'))
  const files = blocks.map((_, index) => `program-${index}.ts`)
  for (const [index, { code }] of blocks.entries())
    await writeFile(join(folder.path, files[index] ?? ''), code)
  await compilePrograms(folder.path, files)
  for (const [index, { code, prints }] of blocks.entries()) {
    await using fixture = await createTestDatabase()
    await using archive = await createTestDatabase()
    const env = { ...process.env, DATABASE_URL: fixture.url, ARCHIVE_URL: archive.url, PORT: '0' }
    await using program = startNode([join('out', `program-${index}.js`)], { cwd: folder.path, env })
    if (code.includes('SIGTERM')) {
      await program.printed(/listening/, 20_000)
      program.process.kill('SIGTERM')
    }
    expect(await program.ended(30_000), program.stderr()).toEqual({ code: 0, signal: null })
    expect(program.stdout()).toBe(prints)
  }
}, 120_000)
