import { cpus } from 'node:os'
import pg from 'pg'
import { installEngine } from '../../src/install/install.ts'
import { settlingText } from '../../src/postgres/session-settings.ts'
import { startCluster, type TestCluster } from '../../test/support/cluster.ts'
import { type Cost, ExplainingDatabase } from './explaining-database.ts'
import { asked, type Occasion, statements } from './statements.ts'
import { type Extent, fill } from './world.ts'

/** See README.md. */
const QUEUES = Number(process.env.QUEUES ?? 5_000)
const CONSUMERS = Number(process.env.CONSUMERS ?? 2_000)
const TIMES = Number(process.env.TIMES ?? 11)
const ENGINE = process.env.ENGINE === 'extension' ? 'extension' : 'sql'
const IS_STALE = process.env.STATISTICS === 'stale'

const small: Extent = {
  queues: 10,
  consumers: 3,
  members: 3,
  ticks: 20,
  deadLetters: 20,
  retries: 20,
  eventTypes: 10,
  settledLeases: 16,
}
const large: Extent = {
  queues: QUEUES,
  consumers: CONSUMERS,
  members: CONSUMERS / 4,
  ticks: 1_000,
  deadLetters: 10 * CONSUMERS,
  retries: 10 * CONSUMERS,
  eventTypes: 1_000,
  settledLeases: 65_536,
}

/** Does what autovacuum does after a while, for the tables of which there is one. */
async function settle(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c
      where c.relkind = 'r' and (c.relnamespace = 'pgq_gateway'::regnamespace
            or c.oid in ('pgq.queue'::regclass, 'pgq.tick'::regclass, 'pgq.consumer'::regclass,
                         'pgq.subscription'::regclass, 'pgq.retry_queue'::regclass))`,
  )
  await client.query(`vacuum${IS_STALE ? '' : ' analyze'} ${rows.map(({ name }) => name).join(', ')}`)
}

type Costs = Map<string, Cost & { occasion: Occasion }>

async function measure(cluster: TestCluster, name: string, extent: Extent): Promise<Costs> {
  const admin = new pg.Client({ connectionString: cluster.url })
  await admin.connect()
  await admin.query(`create database ${name}`)
  await admin.end()
  const url = cluster.url.replace(/postgres$/, name)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await installEngine(client, { engine: ENGINE })
    const world = await fill(client, extent)
    await settle(client)
    process.stderr.write(`${name}: ${extent.queues} queues\n`)
    await client.query(settlingText({}, null))
    const database = new ExplainingDatabase(client, url)
    const costs: Costs = new Map()
    for (const { occasion, send } of statements) {
      const found = await database.measure(() => send(asked(world, database)), TIMES)
      for (const [statement, cost] of found)
        if (!costs.has(statement)) costs.set(statement, { ...cost, occasion })
    }
    return costs
  } finally {
    await client.end()
  }
}

await using cluster = await startCluster(ENGINE === 'extension' ? 15 : 18, {
  shared_buffers: '512MB',
  max_locks_per_transaction: '256',
  max_wal_size: '4GB',
  track_functions: 'pl',
})
const ofSmall = await measure(cluster, 'small', small)
const ofLarge = await measure(cluster, 'large', large)

/** The first half lets PostgreSQL settle on its plans; other load on the machine makes times longer, never shorter. */
const msOf = ({ ms }: Cost) => Math.min(...ms.slice(Math.floor(ms.length / 2)))
console.log('| when | statement | ms small | ms large | ratio | buffers small | buffers large | ratio |')
console.log('| --- | --- | --- | --- | --- | --- | --- | --- |')
for (const [statement, inLarge] of ofLarge) {
  const inSmall = ofSmall.get(statement)
  if (!inSmall) continue
  const [a, b] = [msOf(inSmall), msOf(inLarge)]
  const cells = [
    ...[inLarge.occasion, statement],
    ...[a.toFixed(2), b.toFixed(2), `**${(b / a).toFixed(1)}**`],
    ...[inSmall.buffers, inLarge.buffers, `**${(inLarge.buffers / inSmall.buffers).toFixed(1)}**`],
  ]
  console.log(`| ${cells.join(' | ')} |`)
}
console.log(
  `\nLowest of ${Math.ceil(TIMES / 2)} times. Small: ${JSON.stringify(small)}. Large: ${JSON.stringify(large)}. ` +
    `Engine ${ENGINE}, statistics ${IS_STALE ? 'stale' : 'fresh'}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}.`,
)
