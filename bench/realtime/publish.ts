import { startCluster } from '../../test/support/cluster.ts'
import { startBare } from '../support/child.ts'
import { load, postBytes } from '../support/connection.ts'
import { report } from '../support/report.ts'
import { post, startServer } from '../support/server.ts'

/** See README.md. */
const ROUNDS = Number(process.env.ROUNDS ?? 7)
const FOR_MS = Number(process.env.FOR_MS ?? 2_000)
const BULK_SIZE = 1_000

await using cluster = await startCluster(18, { fsync: 'on', synchronous_commit: 'on', autovacuum: 'on' })
await using gateway = await startServer(cluster.url)
await using bare = await startBare(new URL('bare/database.ts', import.meta.url), [cluster.url])
for (const name of ['gateway', 'bare']) {
  await post(gateway.url, 'mutation ($name: String!) { createQueue(input: { name: $name }) { created } }', {
    name,
  })
}

const data = JSON.stringify({ orderId: 12345, customer: 'someone', total: '99.95', items: [1, 2, 3] })
const event = { type: 'created', data }
const events = Array.from({ length: BULK_SIZE }, () => event)

const insertOne = postBytes(gateway.url, {
  query: 'mutation ($input: InsertEventInput!) { insertEvent(input: $input) { eventId } }',
  variables: { input: { queue: 'gateway', ...event } },
})
const bareOne = postBytes(`${bare.url}/insert`, { queue: 'bare', ...event })
const insertMany = postBytes(gateway.url, {
  query: 'mutation ($input: InsertEventsInput!) { insertEvents(input: $input) { eventIds } }',
  variables: { input: { queue: 'gateway', events } },
})
const bareMany = postBytes(`${bare.url}/insert-many`, { queue: 'bare', events })

function check(body: Buffer): void {
  if (body.includes('"errors"') || !/"eventIds?":("\d|\["\d)/.test(body.toString('latin1', 0, 100)))
    throw new Error(body.toString())
}

const run = (url: string, request: Buffer, inFlight: number) =>
  load(url, { inFlight, forMs: FOR_MS, next: () => request, check })

const questions = [
  { name: 'publish one per request, 1 in flight', inFlight: 1, ours: insertOne, theirs: bareOne },
  { name: 'publish one per request, 16 in flight', inFlight: 16, ours: insertOne, theirs: bareOne },
  { name: 'publish one per request, 64 in flight', inFlight: 64, ours: insertOne, theirs: bareOne },
  { name: `publish ${BULK_SIZE} per request, 4 in flight`, inFlight: 4, ours: insertMany, theirs: bareMany },
].map((question) => ({ ...question, unit: 'requests/s', rounds: [] as { gateway: number; bare: number }[] }))

for (let round = -1; round < ROUNDS; round++) {
  for (const { inFlight, ours, theirs, rounds } of questions) {
    const measured = {
      bare: await run(bare.url, theirs, inFlight),
      gateway: await run(gateway.url, ours, inFlight),
    }
    // The first round only warms up.
    if (round >= 0) rounds.push(measured)
  }
}
report(questions)
