import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { startCluster } from '../../test/support/cluster.ts'
import { report } from '../support/report.ts'
import { listen, post, startServer } from '../support/server.ts'

/** Compares batches per second of one and of four members of a consumer whose handler takes 5 ms. See README.md. */
const ROUNDS = Number(process.env.ROUNDS ?? 5)
const BATCHES = 500
const HANDLER_MS = 5

await using cluster = await startCluster(18, { fsync: 'on', synchronous_commit: 'on', autovacuum: 'on' })
await using server = await startServer(cluster.url)
const client = new pg.Client({ connectionString: cluster.url })
await client.connect()

const finish = 'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }'
const subscription = (queue: string, member: number) =>
  `subscription { batches(input: { queue: "${queue}", consumer: "g", subconsumer: "m${member}" }) {
     batchId leaseToken events { eventId } } }`

let queueNumber = 0
async function batchesPerSecond(members: number): Promise<number> {
  const queue = `q${queueNumber++}`
  await client.query(`select pgq.create_queue($1), pgq.set_queue_config($1, 'ticker_paused', 'true')`, [
    queue,
  ])
  let open = 0
  let settled = 0
  let startedAt = 0
  let endedAt = 0
  const streams = Array.from({ length: members }, (_, member) =>
    listen(server.url, subscription(queue, member), async ({ batches }) => {
      open++
      const { batchId, leaseToken } = batches as { batchId: string; leaseToken: string }
      await delay(HANDLER_MS)
      await post(server.url, finish, { input: { batchId, leaseToken } })
      if (++settled === BATCHES) endedAt = performance.now()
    }),
  )
  const registered = async () =>
    Number(
      (
        await client.query(`select count(*) from pgq.get_consumer_info($1) where consumer_name like 'g.%'`, [
          queue,
        ])
      ).rows[0].count,
    )
  while ((await registered()) < members) await delay(20)
  await delay(100)
  await client.query(
    `select pgq.set_queue_config($1, 'ticker_paused', 'false'), pgq.set_queue_config($1, 'external_ticker', 'true')`,
    [queue],
  )
  // One transaction writes the whole log beforehand, so that producing is not measured.
  await client.query(
    `select pgq.ticker($1, n + 1, clock_timestamp()::timestamptz, n) from generate_series(1, $2::int4) n`,
    [queue, BATCHES],
  )
  startedAt = performance.now()
  while (settled < BATCHES) await delay(5)
  for (const stream of streams) stream.close()
  if (open !== BATCHES) throw new Error(`${open} batches were given, not ${BATCHES}`)
  return BATCHES / ((endedAt - startedAt) / 1_000)
}

const rounds: { bare: number; gateway: number }[] = []
for (const members of [1, 4]) await batchesPerSecond(members)
for (let round = 0; round < ROUNDS; round++) {
  rounds.push({ bare: await batchesPerSecond(1), gateway: await batchesPerSecond(4) })
}
await client.end()
report([
  {
    name: 'four cooperative members (gateway) beside one (bare), handler of 5 ms',
    unit: 'batches/s',
    rounds,
  },
])
