import { createClient, type PgqClient } from '@pgq-graphql/client'
import { showProgress } from '../support/progress.ts'
import { untilComplete } from '../support/wait.ts'
import { readFlights } from './flights.ts'
import { startGateway } from './gateway.ts'
import { GROUP, startGroup } from './group.ts'
import { publishFlights, rollBackFlights } from './producers.ts'
import type { Result } from './report.ts'
import { sightingsOf, Tally } from './tally.ts'

/**
 * Takes 20,000 events the whole way: they are published, ticked and consumed three times, and a worker is killed
 * meanwhile.
 */
export async function runScenario(
  options: { rows: number; databaseUrl: string | null },
  signal: AbortSignal,
): Promise<Result> {
  const startedAtMs = performance.now()
  const flights = await readFlights(options.rows)
  const what = options.databaseUrl === null ? 'an embedded PostgreSQL and the gateway' : 'the gateway'
  process.stderr.write(`Starting ${what}\n`)
  await using gateway = await startGateway(options.databaseUrl)
  const client = createClient({ url: gateway.url })
  await using queue = await createQueue(client)

  const independent = [new Tally('statistics'), new Tally('archive')]
  const desk = new Tally(GROUP)
  const tallies = [...independent, desk]
  await using _consumers = await startConsumers(client, queue.name, independent)
  await using group = await startGroup(gateway.url, queue.name, desk)

  const published = new Set<number>()
  const describe = () => {
    const seen = tallies.map(({ name, count }) => `${name} ${count}`).join(', ')
    return `published ${published.size} of ${flights.length}; seen by ${seen}${group.killedInBatch === undefined ? '' : ' (a worker was killed)'}`
  }
  using _progress = showProgress(describe)

  const publishing = new AbortController()
  const rollBacks = rollBackFlights({
    databaseUrl: gateway.databaseUrl,
    queue: queue.name,
    signal: publishing.signal,
  })
  const publishedFromMs = performance.now()
  await publishFlights({
    client,
    queue: queue.name,
    flights,
    signal,
    onPublished: (rows) => {
      for (const row of rows) published.add(row)
    },
  }).finally(() => publishing.abort())
  const publishSeconds = (performance.now() - publishedFromMs) / 1_000
  const rowsRolledBack = await rollBacks

  const isComplete = () =>
    group.killedInBatch !== undefined && tallies.every(({ count }) => count >= published.size)
  await untilComplete(isComplete, () => tallies.reduce((sum, { count }) => sum + count, 0), signal)

  return {
    rowsPublished: published.size,
    publishedPerSecond: published.size / publishSeconds,
    rowsRolledBack,
    killedInBatch: group.killedInBatch ?? null,
    consumers: tallies.map((tally) => tally.result(published, publishedFromMs)),
    seconds: (performance.now() - startedAtMs) / 1_000,
  }
}

/** Makes a queue of its own, so that the example can run again and again on one database, and leaves nothing there. */
async function createQueue(client: PgqClient) {
  const name = `flights-${Date.now()}`
  await client.createQueue(name)
  return {
    name,
    async [Symbol.asyncDispose]() {
      const input = { name, force: true }
      await client.request('mutation ($input: DropQueueInput!) { dropQueue(input: $input) { dropped } }', {
        input,
      })
    },
  }
}

async function startConsumers(client: PgqClient, queue: string, tallies: readonly Tally[]) {
  const consumptions = tallies.map((tally) =>
    client.consume(queue, { consumer: tally.name }, (batch) => tally.add(sightingsOf(batch.events))),
  )
  await Promise.all(consumptions.map(({ ready }) => ready))
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(consumptions.map((consumption) => consumption.stop()))
    },
  }
}
