import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { runCli, startCli } from '../../support/cli.ts'
import { until } from '../../support/deadline.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

let server: TestServer
let client: pg.Client

beforeAll(async () => {
  server = await startTestServer({ ticker: false })
  client = await server.fixture.connect()
  await client.query(`select pgq.create_queue('orders'), pgq.register_consumer('orders', 'billing')`)
})

beforeEach(async () => {
  await client.query('truncate pgq_gateway.dead_letter, pgq.retry_queue')
})

afterAll(async () => {
  await client.end()
  await server[Symbol.asyncDispose]()
})

const run = (...args: string[]) => runCli(['dead-letters', ...args, '--url', server.url])

/** Makes dead letters of one reason, which may count with `%s`. */
async function bury(count: number, reason: string, consumer = 'billing'): Promise<void> {
  await client.query(
    `insert into pgq_gateway.dead_letter (queue_id, consumer_name, reason, ev_id, ev_time, ev_txid, ev_type, ev_data)
     select queue_id, $1, format($2, n), nextval('pgq.event_1_id_seq'), now(), 1, 't', n::text
       from pgq.queue, generate_series(1, $3::int4) n where queue_name = 'orders'`,
    [consumer, reason, count],
  )
}

test('dead letters of one reason are found by their groups, counted, and requeued', async () => {
  await bury(3, 'timeout after %s ms')
  await bury(2, 'no such customer')
  const groups = await run('groups', 'orders')
  expect(groups.stdout).toMatch(/^ +3 {2}orders {2}billing .* timeout after # ms$/m)
  expect(groups.stdout).toMatch(/\n5 in all\.\n$/)
  const reason = ['--reason', 'timeout after # ms']
  expect((await run('delete', 'orders', ...reason, '--dry-run')).stdout).toBe(
    '3 dead letters would be deleted.\n',
  )
  const requeued = await run('requeue', 'orders', ...reason, '--since', '1h')
  expect(requeued).toMatchObject({ code: 0, stdout: '3 dead letters will be delivered again.\n' })
  const left = JSON.parse((await run('list', '--json')).stdout)
  expect(left).toMatchObject([{ reason: 'no such customer' }, { reason: 'no such customer' }])
})

test('ids are deleted alone, and stand with no conditions', async () => {
  await bury(3, 'why')
  const [{ deadLetterId: id }] = JSON.parse((await run('list', 'orders', '--json')).stdout)
  expect((await run('delete', 'orders', id)).stdout).toBe('1 dead letter deleted.\n')
  const both = await run('delete', 'orders', id, '--consumer', 'billing')
  expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('not both') })
  expect((await run('delete', 'orders')).stdout).toBe('2 dead letters deleted.\n')
})

test('those of a consumer that is gone stay, and that is a failure', async () => {
  await bury(2, 'why', 'nobody')
  const end = await run('requeue', 'orders')
  expect(end).toMatchObject({ code: 1, stderr: expect.stringContaining('2 stay: their consumer') })
})

test('a database without a gateway takes jobs, too', async () => {
  await bury(2, 'why')
  const args = ['dead-letters', 'delete', 'orders', '--database-url', server.fixture.url]
  expect(await runCli(args)).toMatchObject({ code: 0, stdout: '2 dead letters deleted.\n' })
})

test('Ctrl-C cancels the job, and says how far it was', async () => {
  await bury(20_000, 'why')
  const blocker = await server.fixture.connect()
  await blocker.query('begin; select from pgq_gateway.dead_letter for update')
  await using child = await startCli(['dead-letters', 'delete', 'orders', '--url', server.url])
  const waits = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  await until(async () => (await client.query(waits)).rowCount === 1, 'the job', { timeoutMs: 30_000 })
  child.process.kill('SIGINT')
  await child.printed(/Cancelling/, 30_000)
  await blocker.query('rollback')
  await blocker.end()
  expect(await child.ended(30_000)).toEqual({ code: 130, signal: null })
  expect(child.stdout()).toMatch(/^Cancelled: \d+ dead letters of 20000 deleted\.\n$/)
})
