import pg from 'pg'
import { installEngine } from '../../src/install/install.ts'
import { metricsStatement } from '../../src/resolvers/metrics/metrics.ts'
import { startCluster } from '../../test/support/cluster.ts'
import { report } from '../support/report.ts'
import { startServer } from '../support/server.ts'

/** Measures a scrape of the metrics beside the bare statement that it sends. See README.md. */
const QUEUES = (process.env.QUEUES ?? '1000,5000').split(',').map(Number)
const CONSUMERS = Number(process.env.CONSUMERS ?? 3)
const ROUNDS = Number(process.env.ROUNDS ?? 9)
/** Creating a queue takes some twenty locks, which are kept to the end of the transaction. */
const QUEUES_PER_TRANSACTION = 20

async function fill(client: pg.Client, queues: number): Promise<void> {
  for (let first = 1; first <= queues; first += QUEUES_PER_TRANSACTION) {
    await client.query(`select pgq.create_queue('queue-' || n) from generate_series($1::int4, $2::int4) n`, [
      first,
      Math.min(queues, first + QUEUES_PER_TRANSACTION - 1),
    ])
  }
  await client.query(
    `insert into pgq.consumer (co_name) select 'consumer-' || n from generate_series(1, $1::int4) n`,
    [CONSUMERS],
  )
  await client.query(
    `insert into pgq.subscription (sub_queue, sub_consumer, sub_last_tick)
     select t.tick_queue, c.co_id, min(t.tick_id) from pgq.tick t cross join pgq.consumer c group by t.tick_queue, c.co_id`,
  )
  await client.query('analyze')
}

async function measured(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await work()
  return performance.now() - startedMs
}

async function measure(queues: number) {
  await using cluster = await startCluster(18)
  const client = new pg.Client({ connectionString: cluster.url })
  await client.connect()
  await installEngine(client, { engine: 'sql' })
  await fill(client, queues)
  await using server = await startServer(cluster.url, [], ['--no-ticker'])
  const scraped = new URL('/metrics', server.url)
  const scrape = async () => (await fetch(scraped)).text()
  const ask = () => client.query(metricsStatement.text, [''])
  await Promise.all([scrape(), ask()])
  const rounds: { bare: number; gateway: number }[] = []
  for (let round = 0; round < ROUNDS; round++)
    rounds.push({ bare: await measured(ask), gateway: await measured(scrape) })
  await client.end()
  return { name: `scrape of ${queues} queues × ${CONSUMERS} consumers`, unit: 'ms', rounds }
}

const questions = []
for (const queues of QUEUES) questions.push(await measure(queues))
report(questions)
