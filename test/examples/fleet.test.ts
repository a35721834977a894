import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import type { Result } from '../../examples/fleet/report.ts'
import { type Child, startNode } from '../support/child.ts'
import { createTestDatabase } from '../support/database.ts'

const path = (relative: string) => fileURLToPath(new URL(`../../${relative}`, import.meta.url))
const main = path('examples/fleet/dist/fleet/main.js')
const timeoutMs = 300_000

beforeAll(async () => {
  const compiler = path('node_modules/typescript/bin/tsc')
  await promisify(execFile)(process.execPath, [compiler, '-p', path('examples/fleet')])
}, timeoutMs)

async function resultOf(child: Child): Promise<Result> {
  const end = await child.ended(timeoutMs)
  expect(end, child.stderr()).toEqual({ code: 0, signal: null })
  return JSON.parse(child.stdout())
}

test('fleet moves the events of 16 databases once each and in order, though a gateway is killed', {
  timeout: timeoutMs,
}, async () => {
  const { DATABASE_URL: _, ...env } = process.env
  await using child = startNode([main, '--json', '--kills', '1'], { env })
  const result = await resultOf(child)
  expect(result).toMatchObject({
    shards: 16,
    gatewaysKilled: 1,
    lost: 0,
    twice: 0,
    rolledBackSeen: 0,
    orderViolations: 0,
  })
  expect(result.eventsRolledBack).toBeGreaterThan(0)
  expect(result.eventsIn).toBeGreaterThan(100)
  expect(result.eventsOut).toBe(result.eventsIn)
})

test('fleet leaves nothing in a server that it is given', { timeout: timeoutMs }, async () => {
  await using fixture = await createTestDatabase()
  const client = await fixture.connect()
  await using _client = { [Symbol.asyncDispose]: () => client.end() }
  await using child = startNode([main, '--json', '--shards', '2', '--kills', '0'], {
    env: { ...process.env, DATABASE_URL: fixture.url },
  })
  expect(await resultOf(child)).toMatchObject({ shards: 2, lost: 0, twice: 0, orderViolations: 0 })
  const { rows } = await client.query(`select datname from pg_database where datname like 'fleet%'`)
  expect(rows).toEqual([])
})

test.each([
  [['--shards', 'many'], '--shards must be an integer from 1 to 256'],
  [['--shards', '200'], 'give fewer --shards'],
])('fleet refuses %j', async (args, problem) => {
  await using fixture = await createTestDatabase()
  await using child = startNode([main, ...args], { env: { ...process.env, DATABASE_URL: fixture.url } })
  expect(await child.ended()).toEqual({ code: 1, signal: null })
  expect(child.stderr()).toContain(problem)
})
