import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { createGateway, type Gateway } from '../../src/gateway/gateway.ts'
import type { MoverOptions } from '../../src/mover-plan.ts'
import { createTestDatabase, type EngineName, type TestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { type Gateway as GatewayProcess, startGateway } from '../support/gateway.ts'
import { testLogger } from '../support/logger.ts'

/** An event of a source, and where it has come to. */
export interface Arrival {
  type: string | null
  data: string | null
  extra1: string | null
  extra2: string | null
  time: string
}

/** Databases `main` and `shard_1` to `shard_n`, each with a queue `orders`, and gateways that serve and tick all of them. */
export interface Fleet extends AsyncDisposable {
  readonly urls: Readonly<Record<string, string>>
  /** Starts a gateway, and waits until its databases are ready. */
  start(movers: readonly Partial<MoverOptions>[]): Promise<Gateway>
  client(database: string): pg.Client
  publish(
    database: string,
    types: readonly string[],
    more?: { queue?: string; extra1?: string },
  ): Promise<void>
  /** All events that are in a queue, in the order of their ids. */
  arrivals(database?: string, queue?: string): Promise<Arrival[]>
  /** Waits until so many events are in a queue of the target, and returns their types. */
  arrived(count: number, queue?: string): Promise<(string | null)[]>
}

export const ordersMover: MoverOptions = {
  name: 'm',
  from: { databases: 'shard_*', queue: 'orders' },
  to: { database: 'main', queue: 'orders' },
}

export async function setUpFleet(shards = 1, engine: EngineName = 'sql-18'): Promise<Fleet> {
  const names = ['main', ...Array.from({ length: shards }, (_, index) => `shard_${index + 1}`)]
  const fixtures = new Map<string, TestDatabase>()
  const clients = new Map<string, pg.Client>()
  for (const name of names) {
    const fixture = await createTestDatabase(engine)
    fixtures.set(name, fixture)
    const client = await fixture.connect()
    clients.set(name, client)
    await client.query(`select pgq.create_queue('orders')`)
    await client.query(`update pgq.queue set queue_ticker_max_lag = '20 ms'`)
  }
  const urls = Object.fromEntries([...fixtures].map(([name, { url }]) => [name, url]))
  const gateways = new Set<Gateway>()
  const client = (database: string) => {
    const found = clients.get(database)
    if (!found) throw new Error(`no database ${database}`)
    return found
  }
  const fleet: Fleet = {
    urls,
    async start(movers) {
      const gateway = createGateway({
        databases: names.map((name) => ({ name, connectionString: urls[name] ?? '' })),
        movers: movers.map((mover) => ({ ...ordersMover, ...mover })),
        logger: testLogger(),
      })
      gateways.add(gateway)
      gateway.start()
      await until(() => gateway.health().isReady, 'readiness', { timeoutMs: 60_000 })
      return gateway
    },
    client,
    async publish(database, types, { queue = 'orders', extra1 } = {}) {
      await client(database).query(
        `select pgq.insert_event($1, t, 'data of ' || t, $3, null, null, null) from unnest($2::text[]) with ordinality u(t, n) order by n`,
        [queue, types, extra1 ?? null],
      )
    },
    async arrivals(database = 'main', queue = 'orders') {
      const { rows } = await client(database).query<Arrival & { table: string }>(
        `select queue_data_pfx as table from pgq.queue where queue_name = $1`,
        [queue],
      )
      if (!rows[0]) return []
      const events = await client(database).query<Arrival>(
        `select ev_type as type, ev_data as data, ev_extra1 as extra1, ev_extra2 as extra2, ev_time::text as time
           from ${rows[0].table} order by ev_id`,
      )
      return events.rows
    },
    async arrived(count, queue) {
      let found: Arrival[] = []
      const ask = async () => {
        found = await fleet.arrivals('main', queue)
        return found.length >= count
      }
      const describe = () => `there are ${found.length}, the last ${JSON.stringify(found.slice(-3))}`
      await until(ask, `${count} events in the target`, { timeoutMs: 30_000, describe })
      return found.map(({ type }) => type)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...gateways].map((gateway) => gateway.close()))
      for (const each of clients.values()) await each.end()
      for (const fixture of fixtures.values()) await fixture[Symbol.asyncDispose]()
    },
  }
  return fleet
}

/** Waits until a source of mover `m` is registered and has a state. */
export async function untilState(
  gateway: Gateway,
  state: string,
  database = 'shard_1',
): Promise<string | null> {
  let last: unknown
  const source = await until(
    async () => {
      const status = await gateway.movers.get('m').status()
      last = status
      return status.sources.find((each) => each.database === database && each.state === state)
    },
    `a source that is ${state}`,
    { describe: () => JSON.stringify(last) },
  )
  return source.reason
}

/** Waits until the mover's consumer is registered on a source: what is published from then on is moved. */
export async function registered(fleet: Fleet, database = 'shard_1', consumer = 'm'): Promise<void> {
  const text = `select from pgq.get_consumer_info() where consumer_name = $1`
  await until(
    async () => (await fleet.client(database).query(text, [consumer])).rowCount === 1,
    'the registration',
  )
}

/** Starts a gateway in its own process that serves a fleet, and moves its orders. */
export async function startMoving(
  { urls: { main = '', ...shards } }: Fleet,
  directory: string,
  changes: Partial<MoverOptions> = {},
): Promise<GatewayProcess> {
  const file = join(directory, 'gateway.json')
  const entries = Object.entries(shards).map(([name, url]) => [name, { url, required: true }])
  const { name, ...orders } = { ...ordersMover, ...changes }
  const config = {
    databases: Object.fromEntries(entries),
    movers: { [name]: orders },
    connections: { maxPerRole: 2 },
  }
  await writeFile(file, JSON.stringify(config))
  return startGateway(main, { args: ['--port', '0', '--config', file] })
}
