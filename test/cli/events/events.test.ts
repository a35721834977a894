import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCli, startCli } from '../../support/cli.ts'
import { until } from '../../support/deadline.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

let server: TestServer
let client: pg.Client

beforeAll(async () => {
  server = await startTestServer()
  client = await server.fixture.connect()
  await client.query(`select pgq.create_queue('orders'), pgq.register_consumer('orders', 'billing')`)
  await client.query(
    `select pgq.insert_event('orders', case when n % 2 = 0 then 'even' else 'odd' end,
         format('{"n": %s, "at": {"id": 1234567890123456780%s}}', n, n % 10), 'x' || n, null, null, null)
       from generate_series(1, 30) n`,
  )
})

afterAll(async () => {
  await client.end()
  await server[Symbol.asyncDispose]()
})

const run = (...args: string[]) => runCli([...args, '--url', server.url])

test('events meet all conditions, newest first, and stderr says where the search has ended', async () => {
  const found = await run('events', 'orders', '--type', 'even', '--grep', '"n": 2', '--since', '1h')
  const ids = found.stdout.split('\n').map((line) => line.split('  ')[1])
  expect(ids).toEqual(['28', '26', '24', '22', '20', '2', undefined])
  expect(found).toMatchObject({ code: 0, stderr: expect.stringMatching(/^6 events\. .* to its beginning/) })
  expect((await run('events', 'orders', '--until', '1h')).stdout).toBe('')
})

test('a number of --path keeps all its digits, and text is text', async () => {
  const numbers = await run('events', 'orders', '--path', 'at.id=12345678901234567807', '--json')
  const rows = numbers.stdout.trim().split('\n')
  expect(rows.map((row) => JSON.parse(row).eventId)).toEqual(['27', '17', '7'])
  expect((await run('events', 'orders', '--path', 'n="7"')).stdout).toBe('')
})

test('a search that --limit has ended goes on where it said', async () => {
  const first = await run('events', 'orders', '--limit', '28', '--json')
  expect(first.stdout.trim().split('\n')).toHaveLength(28)
  const [, cursor = ''] = /--after (\S+)/.exec(first.stderr) ?? []
  const rest = await run('events', 'orders', '--after', cursor)
  expect(rest.stdout.split('\n').map((line) => line.split('  ')[1])).toEqual(['2', '1', undefined])
})

test('Ctrl-C ends a search after its step, and says how to go on', async () => {
  const blocker = await server.fixture.connect()
  await blocker.query('begin; lock table pgq.event_1_0')
  await using child = await startCli(['events', 'orders', '--limit', '5', '--url', server.url])
  const waits = `select from pg_stat_activity where wait_event_type = 'Lock' and query like '%pgq_gateway.log_tables%'`
  await until(async () => (await client.query(waits)).rowCount === 1, 'the search', { timeoutMs: 30_000 })
  child.process.kill('SIGINT')
  await blocker.query('rollback')
  await blocker.end()
  expect(await child.ended(30_000)).toEqual({ code: 130, signal: null })
  expect(child.stderr()).toMatch(/^5 events\. .*--after \S+\n$/)
})

test('the trace of an event tells where it is for each consumer', async () => {
  const trace = await run('event', 'orders', '7')
  expect(trace.stdout).toMatch(/^\S+ {2}7 {2}odd {2}\{"n": 7, .*\nextra1: x7\n/)
  expect(trace.stdout).toMatch(/^billing +waits/m)
  const gone = await run('event', 'orders', '4711')
  expect(gone).toMatchObject({ code: 1, stderr: expect.stringContaining('holds no event 4711') })
})

test.each([
  [['events', 'orders', '--limit', '0'], '--limit "0": must be'],
  [['events', 'orders', '--since', 'noon'], '--since "noon": must be'],
  [['events', 'orders', '--path', 'a'], '--path "a": must be'],
  [['events', 'orders', '--path', 'a={}'], '--path "a={}": the value must be'],
])('%j is refused with the remedy', async (args, message) => {
  const end = await run(...args)
  expect(end).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) })
})

test('a reader of the output who has had enough ends the command without a complaint', async () => {
  await using child = await startCli(['tail', 'orders', '--after', '1', '--url', server.url])
  await child.printed(/even/)
  child.process.stdout?.destroy()
  const insert = `select pgq.insert_event('orders', 't', 'd')`
  await until(
    async () => (await client.query(insert)) && child.process.exitCode !== null,
    'the end of the command',
    { timeoutMs: 30_000 },
  )
  expect(await child.ended()).toEqual({ code: 0, signal: null })
  expect(child.stderr()).toBe('')
})
