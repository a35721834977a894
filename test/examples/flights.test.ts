import { execFile } from 'node:child_process'
import { access } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import type { Result } from '../../examples/flights/report.ts'
import { startNode } from '../support/child.ts'
import { availableEngines, createTestDatabase, type EngineName } from '../support/database.ts'

const path = (relative: string) => fileURLToPath(new URL(`../../${relative}`, import.meta.url))
const timeoutMs = 90_000
const rows = 3_000

beforeAll(async () => {
  await access(path('client/dist/index.js')).catch(() => {
    throw new Error('The client is not built. Run: npm run build')
  })
  await promisify(execFile)(process.execPath, [
    path('node_modules/typescript/bin/tsc'),
    '-p',
    path('examples/flights'),
  ])
}, timeoutMs)

const engines: EngineName[] = ['sql-18', 'extension-15']

test.each(engines.filter((engine) => availableEngines.includes(engine)))(
  'flights ends by itself on %s, and every consumer has seen every row',
  async (engine) => {
    await using fixture = await createTestDatabase(engine)
    const main = path('examples/flights/dist/flights/main.js')
    await using child = startNode([main, '--json', '--rows', String(rows), '--database-url', fixture.url])
    const end = await child.ended(timeoutMs)
    expect(end, child.stderr()).toEqual({ code: 0, signal: null })
    const result = JSON.parse(child.stdout()) as Result
    expect(result.rowsPublished).toBe(rows)
    expect(result.rowsRolledBack).toBeGreaterThan(0)
    expect(result.killedInBatch).toMatch(/^\d+$/)
    const clean = { seen: rows, missing: 0, rolledBackSeen: 0 }
    expect(result.consumers).toMatchObject([
      { name: 'statistics', ...clean, duplicates: 0 },
      { name: 'archive', ...clean, duplicates: 0 },
      { name: 'desk', ...clean },
    ])
    // The killed worker had reported these before its end.
    expect(result.consumers[2]?.duplicates).toBeGreaterThan(0)
  },
  timeoutMs,
)

test('flights refuses a number of rows that makes no sense', async () => {
  await using child = startNode([path('examples/flights/dist/flights/main.js'), '--rows', 'many'])
  expect(await child.ended()).toEqual({ code: 1, signal: null })
  expect(child.stderr()).toContain('--rows must be an integer')
})
