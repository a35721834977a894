import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { expect, test } from 'vitest'
import {
  hasStandby,
  replicatedVersion,
  startCluster,
  startStandby,
  type TestCluster,
} from '../support/cluster.ts'
import { until } from '../support/deadline.ts'
import { startGateway } from '../support/gateway.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { startTraffic } from './traffic.ts'

/** Longest time from the promotion until every consumer has settled an event that came after it (milliseconds). */
const RECOVERY_MS = 5_000

/** Ways of a primary to leave its place. */
const departures: Record<string, (primary: TestCluster, client: pg.Client) => Promise<void>> = {
  'is killed': (primary) => primary.kill(),
  // As tools for failovers do: nobody writes there any more, and connections stay.
  'becomes read-only and stays': async (_primary, client) => {
    await refuseWrites(client)
    await untilQuiet(client)
  },
  // A gateway then learns by the loss of its sign of life, and not by a refused write, that it has to leave.
  'becomes read-only and ends signs of life': async (_primary, client) => {
    await refuseWrites(client)
    await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'pgq-graphql/gateway %'`,
    )
    await untilQuiet(client)
  },
}

async function refuseWrites(client: pg.Client): Promise<void> {
  await client.query('alter system set default_transaction_read_only = on')
  await client.query('select pg_reload_conf()')
}

async function untilQuiet(client: pg.Client): Promise<void> {
  const written = async () => (await client.query('select pg_current_wal_insert_lsn() as lsn')).rows[0].lsn
  const isQuiet = async () => {
    const before = await written()
    await delay(300)
    return (await written()) === before
  }
  await until(isQuiet, 'the end of all writes')
}

test.runIf(hasStandby).each(Object.keys(departures))(
  'gateways follow a standby that is promoted when the primary %s, and nothing is lost',
  { timeout: 90_000 },
  async (departure) => {
    await using primary = await startCluster(replicatedVersion, { synchronous_commit: 'on' })
    await using standby = await startStandby(primary)
    const [client, heir] = [await connectTo(primary), await connectTo(standby)]
    await using _clients = {
      [Symbol.asyncDispose]: () => Promise.all([client.end(), heir.end()]).then(() => {}),
    }
    // What is acknowledged is at the standby, too.
    await client.query(`alter system set synchronous_standby_names = '*'`)
    await client.query('select pg_reload_conf()')
    const isSynchronous = `select from pg_stat_replication where sync_state = 'sync'`
    await until(async () => (await client.query(isSynchronous)).rowCount === 1, 'the standby')
    const url = `postgresql://postgres@127.0.0.1:${standby.port},127.0.0.1:${primary.port}/postgres`
    await using one = await startGateway(url)
    await using two = await startGateway(url)
    await using sql = await startTcpProxy(primary.url)
    await using traffic = await startTraffic({
      urls: () => [one.url ?? '', two.url ?? ''],
      databaseUrl: sql.url,
    })
    const over = traffic.ledger.fault('failover')
    await departures[departure]?.(primary, client)
    sql.target = standby.url
    sql.cut()
    await heir.query('select pg_promote()')
    const promotedMs = performance.now()
    await traffic.flows(RECOVERY_MS)
    const recoveryMs = Math.round(performance.now() - promotedMs)
    over()
    console.log(`the primary ${departure}: events flow ${recoveryMs} ms after the promotion`)
    await traffic.finish()
    console.log(String(traffic.ledger))
    if (departure === 'is killed') return
    const left = `select application_name, state, query from pg_stat_activity where application_name like 'pgq-graphql/%'`
    expect((await client.query(left)).rows).toEqual([])
  },
)

async function connectTo({ url }: TestCluster): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'test' })
  // It may be lost with its server.
  client.on('error', () => {})
  await client.connect()
  return client
}
