import type pg from 'pg'
import { expect, test } from 'vitest'
import { startCluster } from '../support/cluster.ts'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { startGateway } from '../support/gateway.ts'
import { type Data, request, requestData, subscribe } from '../support/graphql.ts'
import { startTestServer } from '../support/server.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { createFullDisk, fillDisk, freeDisk, fullDisks } from './full-disk.ts'
import { ledgerFields } from './ledger.ts'
import { startTraffic } from './traffic.ts'

test('a PostgreSQL that is killed and started again, twice, has lost nothing, and its gateways recover by themselves', {
  timeout: 90_000,
}, async () => {
  await using cluster = await startCluster(18, { synchronous_commit: 'on' })
  await using one = await startGateway(cluster.url)
  await using two = await startGateway(cluster.url)
  const urls = () => [one.url ?? '', two.url ?? '']
  await using traffic = await startTraffic({ urls, databaseUrl: cluster.url })
  for (let kill = 1; kill <= 2; kill++) {
    const over = traffic.ledger.fault('kill of PostgreSQL')
    await cluster.kill()
    await cluster.start()
    await traffic.flows(40_000)
    over()
  }
  await traffic.finish()
  console.log(String(traffic.ledger))
})

test('a batch that was opened just before PostgreSQL is killed stays with its worker, under the lease that it had', {
  timeout: 60_000,
}, async () => {
  // A crash loses all that no commit has flushed.
  await using cluster = await startCluster(18, { synchronous_commit: 'on', wal_writer_delay: '10s' })
  await using gateway = await startGateway(cluster.url, { args: ['--port', '0', '--no-ticker'] })
  const url = gateway.url ?? ''
  const finish = (batch: Data) =>
    request(url, 'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }', {
      input: { batchId: batch.batchId, leaseToken: batch.leaseToken },
    })
  const publish = `insertEvents(input: { queue: "q", events: [{ type: "a" }, { type: "b" }] }) { eventIds }
      tick(input: { queue: "q", force: true }) { tickId }`
  await requestData(
    url,
    `mutation { createQueue(input: { name: "q" }) { created }
      registerConsumer(input: { queue: "q", consumer: "c" }) { registered } ${publish} }`,
  )
  await using stream = subscribe(
    'SSE',
    url,
    `subscription { batches(input: { queue: "q", consumer: "c" }) { ${ledgerFields} } }`,
  )
  const { batches: first } = await stream.nextData()
  await cluster.kill()
  await cluster.start()
  await until(
    async () => (await finish(first)).data?.finishBatch.finished,
    'the settlement of the batch that was open at the crash',
  )
  await requestData(url, `mutation { ${publish} }`)
  const { batches: second } = await stream.nextData(20_000)
  // A consumer that remembers finished ids would skip a new batch with an old id.
  expect(BigInt(second.batchId)).toBeGreaterThan(BigInt(first.batchId))
  expect(second.prevTickId).toBe(first.tickId)
})

const terminate = async (client: pg.Client, condition: string): Promise<number> => {
  const { rowCount } = await client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and (${condition})`,
  )
  return rowCount ?? 0
}

const backends = [
  ['that listen', `application_name like 'pgq-graphql/listen%'`, 2],
  ['that show that their gateways live', `application_name like 'pgq-graphql/gateway %'`, 2],
  ['that lead the tickers', 'pid in (select pid from pgq_gateway.gateway where leads)', 1],
  ['of the pools', `application_name in ('pgq-graphql/reader', 'pgq-graphql/writer', 'pgq-graphql/tick')`, 2],
] as const

test.each(backends)('the end of backends %s interrupts nothing for long', async (_name, condition, least) => {
  await using fixture = await createTestDatabase()
  await using one = await startTestServer({ fixture })
  await using two = await startTestServer({ fixture })
  const client = await fixture.connect()
  await using _client = { [Symbol.asyncDispose]: () => client.end() }
  await using traffic = await startTraffic({ urls: () => [one.url, two.url], databaseUrl: fixture.url })
  for (let n = 0; n < 3; n++) {
    const over = traffic.ledger.fault('terminate')
    // Nobody may lead for a moment.
    await until(async () => (await terminate(client, condition)) >= least, 'such backends')
    await traffic.flows(10_000)
    over()
  }
  await traffic.finish()
})

test('the end of backends that are about to settle leaves each batch with its worker, who settles it', async () => {
  await using fixture = await createTestDatabase()
  await using proxy = await startTcpProxy(fixture.url)
  await using server = await startTestServer({ fixture, database: { connectionString: proxy.url } })
  const [client, lock] = [await fixture.connect(), await fixture.connect()]
  await using _clients = {
    [Symbol.asyncDispose]: () => Promise.all([client.end(), lock.end()]).then(() => {}),
  }
  await using traffic = await startTraffic({ urls: () => [server.url], databaseUrl: fixture.url })
  // The lock makes its statement wait in the database.
  const settling = proxy.hold('finish-batch')
  await settling.reached()
  await lock.query('begin; select from pgq.subscription for update')
  settling.release()
  const waiting = `wait_event_type = 'Lock' and query like '%finish_batch%'`
  const over = traffic.ledger.fault('terminate')
  await until(async () => (await terminate(client, waiting)) > 0, 'settlings under way')
  await lock.query('rollback')
  await traffic.flows()
  over()
  await traffic.finish()
  // The worker kept its batch although settling failed.
  expect(traffic.ledger.repeated('plain')).toBe(0)
})

test.each(fullDisks)(
  'a disk that is full where %s are written delays them, and loses none',
  async (what, tables) => {
    await using fixture = await createTestDatabase()
    await using server = await startTestServer({ fixture })
    const client = await fixture.connect()
    await using _client = { [Symbol.asyncDispose]: () => client.end() }
    await client.query(createFullDisk)
    await using traffic = await startTraffic({ urls: () => [server.url], databaseUrl: fixture.url })
    const { rows } = await client.query<{ name: string }>(tables)
    const publish = () =>
      request(server.url, 'mutation { insertEvent(input: { queue: "q", type: "x" }) { eventId } }')
    const over = traffic.ledger.fault('full disk')
    for (const { name } of rows) await client.query(fillDisk(name))
    if (what === 'events') {
      expect((await publish()).errors?.[0]?.extensions.code).toBe('UNAVAILABLE')
    } else {
      // The published event is not lost.
      const { eventId } = (await publish()).data?.insertEvent ?? {}
      await expect(traffic.flows(500)).rejects.toThrow('in vain for events to flow')
      expect(traffic.ledger.isSettled('plain', eventId)).toBe(false)
    }
    for (const { name } of rows) await client.query(freeDisk(name))
    await traffic.flows(40_000)
    over()
    await traffic.finish()
  },
)
