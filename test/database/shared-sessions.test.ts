import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { createPgqServer } from '../../src/server/server.ts'
import { startTraffic } from '../faults/traffic.ts'
import { createEmptyDatabase } from '../install/empty-database.ts'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { startGateway } from '../support/gateway.ts'
import { type Data, requestData, subscribe, transports } from '../support/graphql.ts'
import { loggedLines } from '../support/log-lines.ts'
import { hasPgBouncer, type PgBouncer, startPgBouncer } from '../support/pgbouncer.ts'
import { nextTailEvents, tailFromNow } from '../support/read-events.ts'

/** Time without a sign of life after which a gateway counts as dead, and what a busy machine takes on top. */
const LAPSE_MS = 5_000 + 15_000

const patience = { timeoutMs: 30_000 }

const batchesOf = (input: string) =>
  `subscription { batches(input: { queue: "q", ${input} }) { batchId leaseToken events { type } } }`

const publish = (url: string, type: string) =>
  requestData(url, `mutation { insertEvent(input: { queue: "q", type: "${type}" }) { eventId } }`)

async function settle(url: string, { batchId, leaseToken }: Data): Promise<void> {
  const mutation = 'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }'
  const { finishBatch } = await requestData(url, mutation, { input: { batchId, leaseToken } })
  expect(finishBatch).toEqual({ finished: true })
}

/** Opens a stream of batches, and reads the types of events up to one, settling all. */
async function workUntil(url: string, transport: (typeof transports)[number], input: string, last: string) {
  await using stream = subscribe(transport, url, batchesOf(input))
  for (;;) {
    const { batches } = await stream.nextData(patience.timeoutMs)
    await settle(url, batches)
    if (batches.events.some((event: Data) => event.type === last)) return
  }
}

/** Reads what the next client of each of a pooler's sessions finds there. */
async function leftovers({ url }: PgBouncer, admin: pg.Client) {
  const locks = `select count(*)::int as count from pg_locks l join pg_database d on d.oid = l.database
                  where l.locktype = 'advisory' and d.datname = current_database()`
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const found = await client.query(
    `select current_setting('search_path') as path, current_setting('role') as role,
            current_setting('lock_timeout') as "lockTimeout", array(select pg_listening_channels()) as channels`,
  )
  await client.end()
  return { ...found.rows[0], locks: (await admin.query(locks)).rows[0].count }
}

describe.runIf(hasPgBouncer)('behind a pooler alone that shares sessions', () => {
  test('a gateway installs, publishes, streams and ticks, says once what is slower, and leaves nothing in the sessions', {
    timeout: 120_000,
  }, async () => {
    await using fixture = await createEmptyDatabase()
    await using pooler = await startPgBouncer(fixture.url, 'transaction', { default_pool_size: '4' })
    const { logger, lines } = loggedLines()
    const server = createPgqServer({
      host: '127.0.0.1',
      port: 0,
      logger,
      databases: [{ name: 'main', connectionString: pooler.url, ticker: { maintenanceMs: 200 } }],
    })
    await using _server = { [Symbol.asyncDispose]: () => server.close() }
    const { url } = await server.listen()
    await until(() => server.gateway.health().isReady, 'readiness', {
      ...patience,
      describe: () => JSON.stringify(server.gateway.health()),
    })
    expect(server.gateway.health().databases[0]).toMatchObject({ listening: false, ticker: true })
    await requestData(
      url,
      `mutation { createQueue(input: { name: "q", tickerMaxLagSeconds: 0.05 }) { created }
        registerConsumer(input: { queue: "q", consumer: "c" }) { registered } }`,
    )
    const client = await fixture.connect()
    await using tail = await tailFromNow('SSE', url, 'type')
    for (const transport of transports) {
      await publish(url, transport)
      expect(await nextTailEvents(tail, patience.timeoutMs)).toEqual([{ type: transport }])
      await workUntil(url, transport, 'consumer: "c"', transport)
      const member = `consumer: "g", subconsumer: "${transport}"`
      const group = workUntil(url, transport, member, `${transport} again`)
      const registered = `select from pgq.get_consumer_info() where consumer_name = 'g.${transport}'`
      await until(async () => (await client.query(registered)).rowCount === 1, 'the member', patience)
      await publish(url, `${transport} again`)
      await group
      await nextTailEvents(tail, patience.timeoutMs)
    }
    const holder = subscribe('SSE', url, batchesOf('consumer: "c"'))
    await until(
      async () => (await client.query('select from pgq_gateway.stream')).rowCount === 1,
      'the claim',
    )
    const standby = workUntil(url, 'WebSocket', 'consumer: "c", standby: true', 'left')
    await until(() => server.gateway.databases.get('main').claims.standbyCount === 1, 'the standby', patience)
    await publish(url, 'left')
    await holder.nextData(patience.timeoutMs)
    await holder.stop()
    await standby
    const vacuumed = `select from pg_stat_user_tables where relname = 'subscription' and vacuum_count > 0`
    await until(async () => (await client.query(vacuumed)).rowCount === 1, 'maintenance', patience)
    expect(await leftovers(pooler, client)).toEqual({
      path: '"$user", public',
      role: 'none',
      lockTimeout: '0',
      channels: [],
      locks: 0,
    })
    const said = lines.filter(({ msg }) => msg.includes('pooler'))
    expect(said).toMatchObject([{ level: 40, msg: expect.stringContaining('directUrl') }])
    expect(lines.filter(({ level }) => level > 40)).toEqual([])
  })

  test('gateways that are killed lose and repeat nothing, and another one leads and holds their claims within seconds', {
    timeout: 120_000,
  }, async () => {
    await using fixture = await createTestDatabase()
    await using pooler = await startPgBouncer(fixture.url, 'transaction', { default_pool_size: '8' })
    await using first = await startGateway(pooler.url)
    await using second = await startGateway(pooler.url)
    const gateways = [first, second]
    await using traffic = await startTraffic({
      urls: () => gateways.flatMap(({ url }) => url ?? []),
      databaseUrl: fixture.url,
    })
    const admin = await fixture.connect()
    await using _admin = { [Symbol.asyncDispose]: () => admin.end() }
    const leader = async () => {
      const { rows } = await admin.query('select gateway from pgq_gateway.gateway where leads')
      return rows[0]?.gateway as number | undefined
    }
    for (const gateway of gateways) {
      const before = await leader()
      const over = traffic.ledger.fault('kill')
      const killedMs = performance.now()
      await gateway.kill()
      await traffic.flows(30_000)
      expect(performance.now() - killedMs, 'time until all flows').toBeLessThan(LAPSE_MS)
      over()
      expect(before).toBeDefined()
      if (gateway === first) {
        expect(await leader()).not.toBe(before)
        await gateway.start()
      }
    }
    await traffic.finish()
  })
})
