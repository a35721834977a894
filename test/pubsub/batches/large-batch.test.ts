import { expect, test } from 'vitest'
import { anybody } from '../../../src/caller.ts'
import { tail } from '../../../src/pubsub/tail/tail-stream.ts'
import { nextBatch } from '../../../src/resolvers/batches/next-batch.ts'
import type { EventRow } from '../../../src/resolvers/events/event-row.ts'
import { pageBatchEvents } from '../../../src/resolvers/events/events.ts'
import { createTestContext } from '../../support/context.ts'
import { createTestDatabase, type EngineName, eachEngine } from '../../support/database.ts'
import { until } from '../../support/deadline.ts'
import { collectGarbage } from '../../support/garbage.ts'

/** LARGE_EVENTS=1000000 for the size of the promise. */
const EVENTS = Number(process.env.LARGE_EVENTS ?? 200_000)

/** One batch: a third by one transaction, the rest by many, of which some are rolled back. */
async function setUp(engine: EngineName) {
  const fixture = await createTestDatabase(engine)
  const live = await fixture.open()
  const client = await fixture.connect()
  await client.query(`select pgq.create_queue('q'), pgq.register_consumer('q', 'c')`)
  const bulk = Math.floor(EVENTS / 3)
  await client.query(
    `select pgq.insert_event('q', 'bulk', repeat('x', 20)) from generate_series(1, $1::int4)`,
    [bulk],
  )
  for (let n = bulk; n < EVENTS; ) {
    const size = Math.min(EVENTS - n, 5_000)
    await client.query(
      `begin; select pgq.insert_event('q', 'rolled back', '') from generate_series(1, 50); rollback`,
    )
    await client.query(`select pgq.insert_event('q', 'small', '') from generate_series(1, $1::int4)`, [size])
    n += size
  }
  await client.query(`select pgq.force_tick('q')`)
  await client.query(`select pgq.ticker('q')`)
  return {
    fixture,
    live,
    client,
    context: createTestContext(live),
    /** Rows that PostgreSQL has looked at in the event tables; known when the gateway's connections have ended. */
    rowsRead: async () => {
      await live.close()
      const { rows } = await client.query(
        `select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::float8 as count from pg_stat_user_tables
          where schemaname = 'pgq' and relname like 'event\\_1\\__'`,
      )
      return rows[0].count
    },
    [Symbol.asyncDispose]: async () => {
      await client.end()
      await live.close()
      await fixture[Symbol.asyncDispose]()
    },
  }
}

/** Takes events in the order of delivery, keeps none of them, and knows whether each came once. */
function createCount() {
  let last = 0n
  let count = 0
  return {
    add(events: readonly EventRow[]) {
      for (const { eventId } of events) {
        if (BigInt(eventId) <= last) throw new Error(`event ${eventId} came after ${last}`)
        last = BigInt(eventId)
      }
      count += events.length
    },
    get count() {
      return count
    },
  }
}

// Three pages, and the one sort, look at all of the batch; each page after that at itself, and at its borders.
const MAX_LOOKS_PER_EVENT = 7

test.each(eachEngine)(
  `a batch of ${EVENTS} events is read in pages with work in proportion to its size on %s`,
  {
    timeout: 180_000,
  },
  async (engine) => {
    await using t = await setUp(engine)
    const batch = await nextBatch(t.context, { database: 'main', queue: 'q', consumer: 'c' })
    if (!batch) throw new Error('no batch')
    const read = createCount()
    const startedAt = performance.now()
    const slowest = { ms: 0, page: 0 }
    let after: string | null = null
    let pages = 0
    for (let hasNextPage = true; hasNextPage; pages++) {
      const pageAt = performance.now()
      const page = await pageBatchEvents(t.context, batch, { after, first: 7_000 })
      const ms = performance.now() - pageAt
      if (ms > slowest.ms) Object.assign(slowest, { ms, page: pages })
      read.add(page.events)
      after = page.endCursor
      hasNextPage = page.hasNextPage
    }
    console.log(
      `${engine}: ${pages} pages in ${Math.round(performance.now() - startedAt)} ms, the slowest ${Math.round(slowest.ms)} ms`,
    )
    expect(read.count).toBe(EVENTS)
    const filtered = createCount()
    after = null
    for (let hasNextPage = true; hasNextPage; ) {
      const page = await pageBatchEvents(t.context, batch, {
        after,
        first: 9_000,
        filter: { types: ['bulk'] },
      })
      filtered.add(page.events)
      after = page.endCursor
      hasNextPage = page.hasNextPage
    }
    expect(filtered.count).toBe(Math.floor(EVENTS / 3))
    expect((await t.rowsRead()) / EVENTS).toBeLessThan(2 * MAX_LOOKS_PER_EVENT)
  },
)

test('a large batch is tailed in parts, in order, while the server holds one part of it', {
  timeout: 180_000,
}, async () => {
  await using t = await setUp('sql-18')
  await until(() => t.live.feed.isLive, 'the feed')
  const stream = tail(t.live.seenBy(anybody), anybody, {
    queue: 'q',
    after: '1',
    maxEvents: 10_000,
    maxBytes: 1 << 24,
  })
  const read = createCount()
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  let most = 0
  for await (const message of stream) {
    if (message.kind === 'gap') throw new Error(`a gap: ${message.gap.reason}`)
    read.add(message.batch.events)
    collectGarbage()
    most = Math.max(most, process.memoryUsage().heapUsed - before)
    if (message.batch.isComplete) break
  }
  expect(read.count).toBe(EVENTS)
  // Two parts of 10,000 small events; the whole would be 60 MB and more.
  expect(most / 2 ** 20).toBeLessThan(24)
  expect((await t.rowsRead()) / EVENTS).toBeLessThan(MAX_LOOKS_PER_EVENT)
})
