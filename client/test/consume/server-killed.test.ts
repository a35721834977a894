import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../../../test/support/database.ts'
import { until, withDeadline } from '../../../test/support/deadline.ts'
import { startGateway } from '../../../test/support/gateway.ts'
import { startTcpProxy } from '../../../test/support/tcp-proxy.ts'
import { transports } from '../support/transports.ts'

const EVENTS = Number(process.env.FAULT_EVENTS ?? 5_000)
const WORKERS = 4
const KILLS = 3
/** So many events are published and not yet seen, so that there are batches to share until the end. */
const AHEAD = 1_000
const timeoutMs = 60_000 + EVENTS * 10

test.each(transports)(
  'four workers miss no event when the server is killed, and repeat only those of batches open at that time, over $name',
  async ({ createClient }) => {
    await using fixture = await createTestDatabase()
    await using gateway = await startGateway(fixture.url)
    await using proxy = await startTcpProxy(new URL('graphql', gateway.url).href)
    const sql = await fixture.connect()
    await using _connection = { [Symbol.asyncDispose]: () => sql.end() }
    const client = createClient({ url: proxy.url })
    await client.createQueue('orders', { tickerMaxLagSeconds: 0.02, tickerMaxCount: 50 })

    /** The batches in which each event was worked on. */
    const sightings = new Map<string, string[]>()
    const workers = Array.from({ length: WORKERS }, (_, index) =>
      client.consume(
        'orders',
        {
          consumer: 'billing',
          subconsumer: `worker-${index}`,
          // This is shorter than the outage: the first worker that is back takes the batches of the others.
          deadIntervalSeconds: 1,
          concurrency: 4,
          onProblem: () => {},
        },
        {
          async event({ data }, { batchId }) {
            await delay(1)
            const key = String(data)
            sightings.set(key, [...(sightings.get(key) ?? []), batchId])
          },
        },
      ),
    )
    await withDeadline(Promise.all(workers.map(({ ready }) => ready)), 'the workers', 20_000)

    await using _workers = {
      async [Symbol.asyncDispose]() {
        await Promise.allSettled(workers.map((worker) => worker.stop({ deadlineMs: 0 })))
      },
    }
    const ended = Promise.all(workers.map(({ done }) => done))
    ended.catch(() => {})
    const publish = async () => {
      for (let from = 0; from < EVENTS; from += 50) {
        await until(() => from - sightings.size < AHEAD, 'room', { timeoutMs })
        await sql.query(
          `select count(pgq.insert_event('orders', '', i::text)) from generate_series($1::int, $2::int) i`,
          [from, Math.min(from + 50, EVENTS) - 1],
        )
      }
    }
    const published = publish()
    // A worker that ends by itself is a failure, and the test then shows its reason.
    const seen = (count: number) =>
      Promise.race([
        ended.then(() => expect.unreachable('the workers have ended')),
        until(() => sightings.size >= count, `${count} events`, {
          timeoutMs,
          describe: () => `after ${sightings.size}`,
        }),
      ])

    const openAtKill = new Set<string>()
    for (let kill = 1; kill <= KILLS; kill++) {
      await seen((EVENTS * kill) / (KILLS + 1))
      await gateway.kill()
      const { rows } = await sql.query<{ id: string }>(
        'select sub_batch as id from pgq.subscription where sub_batch is not null',
      )
      for (const { id } of rows) openAtKill.add(id)
      await gateway.start()
      proxy.target = new URL('graphql', gateway.url).href
    }
    await seen(EVENTS)
    await published
    await withDeadline(Promise.all(workers.map((worker) => worker.stop())), 'the end', 20_000)

    const repeated = [...sightings.values()].filter((batches) => batches.length > 1)
    console.log(`${repeated.length} of ${EVENTS} events were repeated, of ${openAtKill.size} open batches`)
    expect(openAtKill.size).toBeGreaterThan(0)
    for (const [first] of repeated) expect(openAtKill).toContain(first)
    expect(sightings.size).toBe(EVENTS)
  },
  timeoutMs,
)
