import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { type EngineChoice, installEngine } from '../../src/database/install.ts'
import { startCluster } from '../../test/support/cluster.ts'
import { spread } from '../support/statistics.ts'

/** See README.md. Both engines live in one PostgreSQL 15 and take turns within each round. */
const ROUNDS = Number(process.env.ROUNDS ?? 5)
const SECONDS = Number(process.env.SECONDS_PER_RUN ?? 2)
const BATCH_EVENTS = 100_000
const BULK_EVENTS = 1_000
const pgbench = '/usr/lib/postgresql/15/bin/pgbench'
const run = promisify(execFile)

type Engine = 'sql' | 'extension'
const engines = ['extension', 'sql'] as const

/** Figures of one question, a value per round; `better` says which direction wins. */
interface Question {
  name: string
  unit: string
  better: 'more' | 'less'
  target: string
  values: Record<Engine, number[]>
}

await using cluster = await startCluster(15, {
  fsync: 'on',
  synchronous_commit: 'on',
  shared_buffers: '512MB',
  max_wal_size: '4GB',
})
const scripts = await mkdtemp(join(tmpdir(), 'bench-engine-'))
const questions: Question[] = []
const question = (name: string, unit: string, better: 'more' | 'less', target: string): Question => {
  const known = questions.find((each) => each.name === name)
  if (known) return known
  const added: Question = { name, unit, better, target, values: { sql: [], extension: [] } }
  questions.push(added)
  return added
}

async function open(engine: Engine): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: cluster.url.replace(/postgres$/, `bench_${engine}`) })
  await client.connect()
  return client
}

const admin = new pg.Client({ connectionString: cluster.url })
await admin.connect()
const clients = {} as Record<Engine, pg.Client>
for (const engine of engines) {
  await admin.query(`create database bench_${engine}`)
  clients[engine] = await open(engine)
  await installEngine(clients[engine], { engine: engine as EngineChoice })
  for (const queue of ['single', 'bulk', 'batch'])
    await clients[engine].query('select pgq.create_queue($1)', [queue])
}
await admin.end()

const payload = JSON.stringify({ orderId: 12345, customer: 'someone', total: '99.95', items: [1, 2, 3] })
await writeFile(join(scripts, 'insert.sql'), `select pgq.insert_event('single', 'created', '${payload}');\n`)

/** Transactions per second of single inserts. */
async function singleInserts(
  engine: Engine,
  connections: number,
  synchronousCommit: 'on' | 'off',
): Promise<number> {
  const { port } = cluster
  const args = [
    '-n',
    '-M',
    'prepared',
    '-h',
    '127.0.0.1',
    '-p',
    String(port),
    '-U',
    'postgres',
    '-f',
    join(scripts, 'insert.sql'),
  ]
  const { stdout } = await run(
    pgbench,
    [...args, '-c', String(connections), '-j', '2', '-T', String(SECONDS), `bench_${engine}`],
    {
      env: { ...process.env, PGOPTIONS: `-c synchronous_commit=${synchronousCommit}` },
    },
  )
  return Number(/tps = ([\d.]+)/.exec(stdout)?.[1])
}

async function tookMs(client: pg.Client, text: string, values: unknown[] = []): Promise<number> {
  const startedAt = performance.now()
  await client.query(text, values)
  return performance.now() - startedAt
}

const bulkPerRow = `select count(pgq.insert_event('bulk', 'created', d)) from unnest($1::text[]) d`
const bulkStatement = `select pgq_gateway.insert_events('bulk', array_fill('created'::text, array[cardinality($1::text[])]), $1)`
const bulkData = Array.from({ length: BULK_EVENTS }, () => payload)

for (let round = 0; round < ROUNDS; round++) {
  for (const mode of ['on', 'off'] as const) {
    for (const connections of [1, 4, 16]) {
      const target = mode === 'on' ? '>= 0.9' : '>= 0.6'
      const name = `single insert, ${connections} clients, synchronous_commit ${mode}`
      for (const engine of engines) {
        question(name, 'per s', 'more', target).values[engine].push(
          await singleInserts(engine, connections, mode),
        )
      }
    }
  }
  // Upstream's own way against the one statement of the gateway, on our engine.
  const bulk = question(
    `bulk insert of ${BULK_EVENTS}: pgq.insert_event per row of upstream, insert_events of ours`,
    'ms',
    'less',
    '>= 3',
  )
  for (let n = 0; n < 5; n++) {
    bulk.values.extension.push(await tookMs(clients.extension, bulkPerRow, [bulkData]))
    bulk.values.sql.push(await tookMs(clients.sql, bulkStatement, [bulkData]))
  }
  process.stderr.write(`round ${round + 1} of ${ROUNDS}: inserts\n`)
}

for (const engine of engines) {
  const client = clients[engine]
  await client.query(`select pgq.register_consumer('batch', 'bench')`)
  await client.query(
    `select pgq_gateway.insert_events('batch', array_fill('t'::text, array[$1::int]), array_fill($2::text, array[$1::int]))`,
    [BATCH_EVENTS, payload],
  )
  await client.query(`select pgq_gateway.tick('batch', true)`)
}
for (let round = 0; round < ROUNDS * 2; round++) {
  for (const engine of engines) {
    const { rows } = await clients[engine].query(`select pgq.next_batch('batch', 'bench') as id`)
    question(`read of a batch of ${BATCH_EVENTS}`, 'ms', 'less', '>= 1.0').values[engine].push(
      await tookMs(clients[engine], 'select count(*), sum(length(ev_data)) from pgq.get_batch_events($1)', [
        rows[0].id,
      ]),
    )
  }
}

for (const count of [10, 100, 1_000]) {
  for (const engine of engines) {
    const have = await clients[engine].query('select count(*)::int as n from pgq.queue')
    for (let n = have.rows[0].n; n < count; n++)
      await clients[engine].query('select pgq.create_queue($1)', [`many-${n}`])
    await clients[engine].query(
      `update pgq.queue set queue_ticker_max_lag = '1 hour', queue_ticker_idle_period = '1 hour'`,
    )
    await clients[engine].query('select pgq.ticker()')
    await clients[engine].query('vacuum analyze pgq.tick, pgq.queue')
  }
  for (let round = 0; round < ROUNDS * 2; round++) {
    for (const engine of engines) {
      question(`ticker() with ${count} queues, idle`, 'ms', 'less', count === 1_000 ? '>= 2' : '').values[
        engine
      ].push(await tookMs(clients[engine], 'select pgq.ticker()'))
    }
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const engine of engines) {
      const client = clients[engine]
      await client.query(`update pgq.queue set queue_ticker_max_lag = '0'`)
      await client.query(`select pgq.insert_event(queue_name, 't', 'd') from pgq.queue`)
      question(`ticker() with ${count} queues, all busy`, 'ms', 'less', '').values[engine].push(
        await tookMs(client, 'select pgq.ticker()'),
      )
      await client.query(`update pgq.queue set queue_ticker_max_lag = '1 hour'`)
    }
  }
  process.stderr.write(`ticker with ${count} queues\n`)
}

/** Events of a million, read and finished while a transaction is held open: rows that vacuum would have to clear. */
async function deadTuples(engine: Engine): Promise<number> {
  const client = clients[engine]
  const holder = await open(engine)
  await holder.query('begin isolation level repeatable read; select txid_current()')
  await client.query(`select pgq.register_consumer('bulk', 'million')`)
  const data = Array.from({ length: 10_000 }, () => 'x')
  for (let n = 0; n < 100; n++) {
    await client.query(`select pgq_gateway.insert_events('bulk', array_fill('t'::text, array[10000]), $1)`, [
      data,
    ])
    await client.query(`select pgq_gateway.tick('bulk', true)`)
    const { rows } = await client.query(`select pgq.next_batch('bulk', 'million') as id`)
    if (rows[0].id) await client.query('select pgq.finish_batch($1)', [rows[0].id])
  }
  await client.query('select pg_sleep(1)')
  const { rows } = await client.query(
    `select coalesce(sum(n_dead_tup), 0)::int as dead from pg_stat_user_tables where relname ~ '^event_[0-9]+_[0-9]+$'`,
  )
  await holder.query('rollback')
  await holder.end()
  return rows[0].dead
}
const dead = { extension: await deadTuples('extension'), sql: await deadTuples('sql') }

for (const client of Object.values(clients)) await client.end()
await rm(scripts, { recursive: true })

const ratio = ({ better, values }: Question): number[] =>
  values.sql.map((ours, n) => {
    const theirs = values.extension[n] ?? Number.NaN
    return better === 'more' ? ours / theirs : theirs / ours
  })

console.log('| question | upstream | ours | ours is faster by | target |\n| --- | --- | --- | --- | --- |')
for (const each of questions) {
  const { name, unit, values, target } = each
  console.log(
    `| ${name} (${unit}) | ${spread(values.extension)} | ${spread(values.sql)} | ${spread(ratio(each))} | ${target} |`,
  )
}
console.log(
  `| dead rows in event tables after a million events under an open transaction | ${dead.extension} | ${dead.sql} | | 0 |`,
)
console.log(
  `\nMedian (lowest … highest). PostgreSQL 15, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}.`,
)
await writeFile(
  new URL('results.json', import.meta.url),
  `${JSON.stringify({ node: process.version, rounds: ROUNDS, secondsPerRun: SECONDS, questions, dead }, null, 2)}\n`,
)
