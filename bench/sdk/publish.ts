import { createClient } from '@pgq-graphql/client'
import { startCluster } from '../../test/support/cluster.ts'
import { startServer } from '../support/server.ts'
import { compare } from './table.ts'

/** See README.md. */
const ROUNDS = Number(process.env.ROUNDS ?? 3)
const EVENTS = Number(process.env.EVENTS ?? 100_000)
const CALLERS = 1_000
/** Events of the slow side, fewer so that it ends; its rate does not depend on their number. */
const SINGLE_EVENTS = EVENTS / 10

await using cluster = await startCluster(18, { fsync: 'on', synchronous_commit: 'on', autovacuum: 'on' })
await using gateway = await startServer(cluster.url)
const client = createClient({ url: gateway.url })
await client.createQueue('coalesced')
await client.createQueue('single')
const event = {
  type: 'created',
  json: { orderId: 12345, customer: 'someone', total: '99.95', items: [1, 2, 3] },
}

/** Runs callers that each publish one event after another, and await each. @returns events per second. */
async function rate(events: number, publish: () => Promise<string>): Promise<number> {
  const startedAt = performance.now()
  const ids = new Set<string>()
  const callers = Array.from({ length: CALLERS }, async () => {
    for (let n = 0; n < events / CALLERS; n++) ids.add(await publish())
  })
  await Promise.all(callers)
  if (ids.size !== events) throw new Error(`${ids.size} ids came instead of ${events}`)
  return events / ((performance.now() - startedAt) / 1_000)
}

await using publisher = client.publisher('coalesced')
await compare({
  question: `publish ${EVENTS} events by ${CALLERS} callers at once`,
  unit: 'events/s',
  rounds: ROUNDS,
  contestants: {
    'publisher, coalesced': () => rate(EVENTS, () => publisher.publish(event)),
    'one mutation per event': () => rate(SINGLE_EVENTS, () => client.publish('single', event)),
  },
})
