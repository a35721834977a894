import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { createProgram } from '../../src/cli/program.ts'

test('docs/cli.md names each command that takes --url, and no flag that none has', async () => {
  const text = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8')
  const all = createProgram().commands.flatMap((command) => [command, ...command.commands])
  const byApi = all.filter(({ options }) => options.some(({ long }) => long === '--token'))
  expect(byApi.length).toBe(12)
  for (const command of byApi) expect(text).toMatch(new RegExp(`\`(dead-letters )?${command.name()}\\b`))
  const flags = new Set(all.flatMap(({ options }) => options.map(({ long }) => long)))
  for (const [flag] of text.matchAll(/--[a-z][a-z0-9-]*/g))
    if (flag !== '--help') expect(flags).toContain(flag)
})
