import { expect, test } from 'vitest'
import { anybody } from '../../../src/caller.ts'
import { tail } from '../../../src/pubsub/tail/tail-stream.ts'
import { finishBatch } from '../../../src/resolvers/batches/finish-batch.ts'
import { nextBatch } from '../../../src/resolvers/batches/next-batch.ts'
import { listDeadLetters } from '../../../src/resolvers/dead-letters/dead-letters.ts'
import { listBatchEvents, pageBatchEvents } from '../../../src/resolvers/events/events.ts'
import { createTestContext } from '../../support/context.ts'
import { availableEngines, createTestDatabase, type EngineName } from '../../support/database.ts'
import { until } from '../../support/deadline.ts'

const MAX_BYTES = 1_000_000

/** A batch of events whose sizes are given (characters), opened by consumer `c`. */
async function setUp(sizes: readonly number[], engine: EngineName = 'sql-18') {
  const fixture = await createTestDatabase(engine)
  const statements: string[] = []
  const live = await fixture.open({}, { statement: ({ name }) => void statements.push(name) })
  const client = await fixture.connect()
  await client.query(`select pgq.create_queue('q'), pgq.register_consumer('q', 'c')`)
  await client.query(`select pgq.insert_event('q', 'a', repeat('x', size)) from unnest($1::int[]) size`, [
    sizes,
  ])
  await client.query(`select pgq.force_tick('q')`)
  await client.query(`select pgq.ticker('q')`)
  const context = createTestContext(live, { maxEventBytes: MAX_BYTES })
  const batch = await nextBatch(context, { database: 'main', queue: 'q', consumer: 'c' })
  if (!batch) throw new Error('no batch')
  return {
    live,
    client,
    context,
    batch,
    statements,
    async pages(first?: number): Promise<number[][]> {
      const pages: number[][] = []
      let after: string | null = null
      for (let hasNextPage = true; hasNextPage; ) {
        const page = await pageBatchEvents(context, batch, { after, first })
        pages.push(page.events.map(({ data }) => data?.length ?? 0))
        after = page.endCursor
        hasNextPage = page.hasNextPage
      }
      return pages
    },
    [Symbol.asyncDispose]: async () => {
      await client.end()
      await live.close()
      await fixture[Symbol.asyncDispose]()
    },
  }
}

const sum = (sizes: readonly number[]) => sizes.reduce((total, size) => total + size, 0)

test.each(availableEngines)('pages of large events are short, and hold each once, on %s', async (engine) => {
  const sizes = Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? 64_000 : 100))
  await using t = await setUp(sizes, engine)
  const pages = await t.pages()
  expect(pages.flat()).toEqual(sizes)
  expect(pages.length).toBeGreaterThan(6)
  for (const page of pages) expect(sum(page)).toBeLessThanOrEqual(MAX_BYTES)
})

test('an event larger than a page comes alone', async () => {
  await using t = await setUp([10, 3_000_000, 10, 2_000_000])
  expect(await t.pages()).toEqual([[10], [3_000_000], [10], [2_000_000]])
})

test('small events after large ones fill their pages again', async () => {
  await using t = await setUp([...Array<number>(100).fill(100_000), ...Array<number>(2_000).fill(10)])
  const pages = await t.pages(1_000)
  expect(sum(pages.flat())).toBe(100 * 100_000 + 2_000 * 10)
  expect(pages.length).toBeLessThan(60)
})

test('large events that share an id stay on one page', async () => {
  await using t = await setUp([10])
  // A retry shares the id of its event; both may be in one batch.
  await t.client.query(
    `insert into pgq.event_1_0 (ev_id, ev_time, ev_retry, ev_data)
     select 5 + n / 3, now(), n, repeat('y', 900000) from generate_series(0, 5) n`,
  )
  await t.client.query(`select pgq.force_tick('q')`)
  await t.client.query(`select pgq.ticker('q')`)
  expect(await finishBatch(t.context, t.batch)).toBe(true)
  const batch = await nextBatch(t.context, { database: 'main', queue: 'q', consumer: 'c' })
  if (!batch) throw new Error('no batch')
  const page = await pageBatchEvents(t.context, batch, {})
  expect(page.events.map(({ eventId }) => eventId)).toEqual(['5', '5', '5'])
  const next = await pageBatchEvents(t.context, batch, { after: page.endCursor })
  expect(next.events.map(({ eventId }) => eventId)).toEqual(['6', '6', '6'])
  expect(next.hasNextPage).toBe(false)
})

test('all events of a batch are refused at once where they are too large, and given where they fit', async () => {
  await using t = await setUp(Array<number>(200).fill(50_000))
  await expect(listBatchEvents(t.context, t.batch)).rejects.toMatchObject({
    code: 'BATCH_TOO_LARGE',
    message: expect.stringContaining('eventPage'),
  })
  const wide = createTestContext(t.live, { maxEventBytes: 20_000_000 })
  expect(await listBatchEvents(wide, t.batch)).toHaveLength(200)
})

test('a tail gives a tick of large events in parts', async () => {
  const sizes = Array<number>(100).fill(64_000)
  await using t = await setUp(sizes)
  await until(() => t.live.feed.isLive, 'the feed')
  const limits = { maxEvents: 10_000, maxBytes: MAX_BYTES }
  const stream = tail(t.live.seenBy(anybody), anybody, { queue: 'q', after: '1', ...limits })
  const parts: number[][] = []
  for (let isComplete = false; !isComplete; ) {
    const { value } = await stream.next()
    if (value?.kind !== 'batch') throw new Error('no batch')
    parts.push(value.batch.events.map(({ data }) => data?.length ?? 0))
    isComplete = value.batch.isComplete
  }
  await stream.return()
  expect(parts.flat()).toEqual(sizes)
  for (const part of parts) expect(sum(part)).toBeLessThanOrEqual(MAX_BYTES)
})

test('pages of large dead letters are short, and hold each once', async () => {
  await using t = await setUp(Array<number>(40).fill(100_000))
  await t.client.query(
    `select pgq_gateway.fail_events($1, $2, array_agg(ev_id), array_agg(null::text)) from pgq.get_batch_events($1)`,
    [t.batch.batchId, t.batch.leaseToken],
  )
  const ids: string[] = []
  let after: string | null = null
  let pages = 0
  for (let hasNextPage = true; hasNextPage; pages++) {
    const page = await listDeadLetters(t.context, { database: 'main', first: 1_000, after })
    ids.push(...page.rows.map(({ deadLetterId }) => deadLetterId))
    after = ids.at(-1) ?? null
    hasNextPage = page.hasNextPage
  }
  expect(new Set(ids).size).toBe(40)
  expect(ids).toHaveLength(40)
  expect(pages).toBeGreaterThan(3)
})

test('an answer has room for two large pages, and for one event of any size', async () => {
  await using t = await setUp([...Array<number>(30).fill(100_000), 5_000_000])
  // One request: its resolvers share a context.
  const { budget } = t.context
  const context = { ...t.context, budget }
  const pages = await Promise.allSettled(
    Array.from({ length: 10 }, () => pageBatchEvents(context, t.batch, { first: 9 })),
  )
  const refused = pages.filter((page) => page.status === 'rejected')
  expect(refused.map(({ reason }) => reason.code)).toEqual(Array(refused.length).fill('LIMIT_EXCEEDED'))
  expect(refused.length).toBeGreaterThan(5)
  const filter = { types: ['a'] }
  const { events } = await pageBatchEvents(t.context, t.batch, { after: '30', filter })
  expect(events.map(({ data }) => data?.length)).toEqual([5_000_000])
})
