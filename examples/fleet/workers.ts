import { createClient, PgqClientError } from '@pgq-graphql/client'
import { QUEUES } from './fleet.ts'
import type { Ledger } from './ledger.ts'

const WORKERS_PER_QUEUE = 4
/** A worker whose gateway was killed loses its batch to another one after this. */
const DEAD_INTERVAL_SECONDS = 2

export interface Workers extends AsyncDisposable {
  /** How often a batch was given to another worker before it was settled. */
  readonly handedOver: number
}

/** Starts cooperative workers on each queue of the target, by turns at each of the gateways. */
export async function startWorkers(urls: readonly string[], ledger: Ledger): Promise<Workers> {
  const clients = urls.map((url) => createClient({ url }))
  for (const queue of QUEUES) await clients[0]?.registerConsumer(queue, 'workers')
  let handedOver = 0
  const streams = QUEUES.flatMap((queue) =>
    Array.from({ length: WORKERS_PER_QUEUE }, (_, number) => {
      const client = clients[number % clients.length]
      if (!client) throw new RangeError('There is no gateway')
      const batches = client.batches(queue, {
        consumer: 'workers',
        subconsumer: `worker_${number + 1}`,
        deadIntervalSeconds: DEAD_INTERVAL_SECONDS,
        // Lost connections are what this example is about.
        onProblem() {},
      })
      return { queue, batches }
    }),
  )
  const work = async ({ queue, batches }: (typeof streams)[number]) => {
    for await (const batch of batches) {
      try {
        await batch.finish()
        ledger.settled(queue, batch.events)
      } catch (error) {
        if (!(error instanceof PgqClientError && error.code === 'STALE_LEASE')) throw error
        handedOver++
      }
    }
  }
  const working = Promise.all(streams.map(work))
  working.catch(() => {})
  return {
    get handedOver() {
      return handedOver
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(streams.map(({ batches }) => batches.return?.()))
      await working
    },
  }
}
