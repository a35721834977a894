import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { startOnTerminal } from '../support/terminal.ts'

let fixture: TestDatabase

beforeAll(async () => {
  fixture = await createTestDatabase()
  const client = await fixture.connect()
  await client.query(`select pgq.create_queue('orders')`)
  await client.end()
})

afterAll(async () => {
  await fixture[Symbol.asyncDispose]()
})

const main = join(import.meta.dirname, '../../dist/cli/main.js')

test.each([
  [{}, true],
  [{ NO_COLOR: '1' }, false],
])('status on a terminal with %j has colours: %s', async (environment, expected) => {
  const args = [main, 'status', '--database-url', fixture.url]
  await using terminal = await startOnTerminal(args, { environment })
  await terminal.printed(/ended with 0/, 60_000)
  expect(terminal.stdout()).toContain('What is wrong:')
  expect(terminal.stdout().includes('\u001b[31m')).toBe(expected)
})
