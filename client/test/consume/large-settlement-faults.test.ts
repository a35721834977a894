import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { expect, test } from 'vitest'
import { createPgqServer } from '../../../src/server/server.ts'
import { startCluster } from '../../../test/support/cluster.ts'
import { createTestDatabase } from '../../../test/support/database.ts'
import { until, withDeadline } from '../../../test/support/deadline.ts'
import { startGateway } from '../../../test/support/gateway.ts'
import { testLogger } from '../../../test/support/logger.ts'
import { startTcpProxy } from '../../../test/support/tcp-proxy.ts'
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts'
import type { Consumption, PgqClient } from '../../src/index.ts'
import { consumerOf, fillQueues, interceptedClients, startQueues } from '../support/large-batch.ts'

/** The server takes 20 entries, so that 50 follow-ups go in five parts of 12, after two requests that are refused. */
const ORDERS = 50
const limits = { maxEventsPerRequest: 20 }
const FIRST_PART = 2
const LAST_PART = 6
const FINISH = 7

/** Makes clients whose request of this number, of those that settle, meets something. */
function meeting(at: number, fault: (send: () => Promise<Response>) => Promise<Response>) {
  let count = 0
  return interceptedClients((_step, send) => (count++ === at ? fault(send) : send()))
}

/** Answers each order by a mail. */
function answerOrders(client: PgqClient, options = consumerOf(client).options) {
  let handled = 0
  const consumption = client.consume('orders', options, {
    event(event, batch) {
      handled++
      batch.publish('mails', { data: event.data })
    },
  })
  return {
    consumption,
    get handled() {
      return handled
    },
  }
}

/** Waits for mails, and checks that there is one for each order and that no part is left. */
async function expectMailsOnce(sql: (text: string) => Promise<pg.QueryResult>) {
  const { rows } = await sql(`select pgq.current_event_table('mails') as name`)
  const mails = async () => (await sql(`select ev_data from ${rows[0].name} order by ev_id`)).rows
  await until(async () => (await mails()).length > 0, 'mails', { timeoutMs: 30_000 })
  expect(await mails()).toEqual(Array.from({ length: ORDERS }, (_, n) => ({ ev_data: String(n) })))
  expect((await sql('select from pgq_gateway.staged_part')).rowCount).toBe(0)
}

test.each([
  ['the first part', FIRST_PART],
  ['the last part', LAST_PART],
  ['the finish', FINISH],
])('settles a large batch once when the reply to %s is lost', async (_what, at) => {
  const lossy = meeting(at, async (send) => {
    await (await send()).text()
    throw new TypeError('the reply is lost')
  })
  await using setting = await startQueues(lossy, ORDERS, { limits })
  const worker = answerOrders(setting.client, setting.options)
  await using _consumption = worker.consumption
  expect(await setting.problems.next()).toMatchObject({ kind: 'connection', error: { code: 'UNAVAILABLE' } })
  await expectMailsOnce(setting.sql)
  expect(worker.handled).toBe(ORDERS)
})

test('tells of a part that the server finds fault with, and does not take it for an older server', async () => {
  const extensions = { code: 'BAD_INPUT', field: 'replaces' }
  let whole = 0
  const refused = interceptedClients(async (step, send) => {
    if (step === 'stage') return Response.json({ errors: [{ message: 'refused', extensions }] })
    whole++
    return send()
  })
  await using setting = await startQueues(refused, ORDERS, { limits })
  await using _consumption = answerOrders(setting.client, setting.options).consumption
  expect(await setting.problems.next()).toMatchObject({ error: extensions })
  expect(whole).toBe(1)
})

test('shows nothing of a worker that is gone when all is staged, and settles the batch once', async () => {
  let first: Consumption | undefined
  let isSeen: unknown[] = []
  const dying = meeting(FINISH, async () => {
    isSeen = (await setting.sql(`select from pgq_gateway.staged_part`)).rows
    void first?.stop({ deadlineMs: 0 })
    throw new TypeError('the request is lost')
  })
  await using setting = await startQueues(dying, ORDERS, { limits })
  const worker = answerOrders(setting.client, setting.options)
  first = worker.consumption
  await withDeadline(first.done, 'the end of the first worker')
  expect(isSeen).toHaveLength(5)
  const { rows } = await setting.sql(`select pgq.current_event_table('mails') as name`)
  expect((await setting.sql(`select from ${rows[0].name}`)).rowCount).toBe(0)
  await using _second = answerOrders(setting.client, setting.options).consumption
  await expectMailsOnce(setting.sql)
  expect(worker.handled).toBe(ORDERS)
})

test('tells a worker whose batch was taken over when all is staged, and shows nothing of what it did', async () => {
  const robbed = meeting(FINISH, async (send) => {
    await setting.sql(
      `select pgq_gateway._open_lease(sub_queue, sub_consumer, sub_batch, 1) from pgq.subscription
        where sub_queue = (select queue_id from pgq.queue where queue_name = 'orders')`,
    )
    return send()
  })
  await using setting = await startQueues(robbed, ORDERS, { limits })
  await using _consumption = answerOrders(setting.client, setting.options).consumption
  expect(await setting.problems.next()).toMatchObject({ kind: 'stale', error: { code: 'STALE_LEASE' } })
  const { rows } = await setting.sql(`select pgq.current_event_table('mails') as name`)
  expect((await setting.sql(`select from ${rows[0].name}`)).rowCount).toBe(0)
  expect((await setting.sql('select from pgq_gateway.staged_part')).rowCount).toBe(0)
})

test('settles a large batch once when the gateway is killed and started again after all is staged', async () => {
  await using fixture = await createTestDatabase()
  await using directory = await temporaryDirectory()
  const config = join(directory.path, 'config.json')
  await writeFile(config, JSON.stringify({ limits }))
  const start = { args: ['--port', '0', '--config', config] }
  await using gateway = await startGateway(fixture.url, start)
  await using proxy = await startTcpProxy(new URL('graphql', gateway.url).href)
  let isRestarted = false
  const create = meeting(FINISH, async (send) => {
    await gateway.kill()
    await gateway.start(start)
    isRestarted = true
    proxy.target = new URL('graphql', gateway.url).href
    return send()
  })
  const client = create({ url: proxy.url })
  await fillQueues(client, ORDERS, () => fixture.connect())
  const worker = answerOrders(client)
  const sql = await fixture.connect()
  await using _connection = { [Symbol.asyncDispose]: () => sql.end() }
  await using _consumption = worker.consumption
  await expectMailsOnce((text) => sql.query(text))
  expect([isRestarted, worker.handled]).toEqual([true, ORDERS])
}, 60_000)

test('stages all again when a crash of the database has taken the parts, and settles the batch once', async () => {
  await using cluster = await startCluster(18, { fsync: 'on', synchronous_commit: 'on' })
  const server = createPgqServer({
    host: '127.0.0.1',
    port: 0,
    logger: testLogger(),
    limits,
    databases: [{ name: 'main', connectionString: cluster.url, engine: 'sql' }],
  })
  await using _server = { [Symbol.asyncDispose]: () => server.close() }
  const { url } = await server.listen()
  await server.gateway.databases.get('main').ready()
  const connect = async () => {
    const client = new pg.Client({ connectionString: cluster.url })
    await client.connect()
    return client
  }
  let isEmptied = false
  const create = meeting(FINISH, async (send) => {
    await cluster.kill()
    await cluster.start()
    const client = await connect()
    isEmptied = (await client.query('select from pgq_gateway.staged_part')).rowCount === 0
    await client.end()
    return send()
  })
  const client = create({ url })
  await fillQueues(client, ORDERS, connect)
  const worker = answerOrders(client)
  await using _consumption = worker.consumption
  await until(() => isEmptied, 'the crash', { timeoutMs: 30_000 })
  const sql = await connect()
  await using _connection = { [Symbol.asyncDispose]: () => sql.end() }
  await expectMailsOnce((text) => sql.query(text))
  expect(worker.handled).toBe(ORDERS)
}, 60_000)
