import { describe, expect, test, vi } from 'vitest'
import { finishBatch } from '../../../src/resolvers/batches/finish-batch.ts'
import type { BatchRow } from '../../../src/resolvers/batches/open-batch.ts'
import { listBatchEvents, pageBatchEvents } from '../../../src/resolvers/events/events.ts'
import { next, setUpConsumer } from '../../pubsub/batches/consumer-fixture.ts'
import { createTestContext } from '../../support/context.ts'
import { availableEngines, type EngineName } from '../../support/database.ts'

/** With what reading the events of a batch asked of the database. */
async function setUp(types: readonly string[], engine?: EngineName) {
  const t = await setUpConsumer(types, engine)
  const call = vi.spyOn(t.live.database, 'callBounded')
  const read = async (batch: BatchRow) => {
    call.mockClear()
    const { events } = await pageBatchEvents(t.context, batch, {})
    const statements = call.mock.calls.map(([{ name }]) => name).filter((name) => name.includes('events'))
    return { ids: events.map(({ eventId }) => eventId), types: events.map(({ type }) => type), statements }
  }
  return { ...t, call, read, finish: inNoTime(t.finish) }
}

/** However slow the machine is: what is late is not handed over. */
function inNoTime<Arguments extends unknown[], Result>(work: (...args: Arguments) => Promise<Result>) {
  return async (...args: Arguments): Promise<Result> => {
    const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now())
    return work(...args).finally(() => clock.mockRestore())
  }
}

const readNow = 'batch-events'
const readAhead = 'events-ahead'

describe.each(availableEngines)('events that were read ahead on %s', (engine) => {
  test('are those of the next batch, with the retries of this consumer and of no other', async () => {
    await using t = await setUp(['one'], engine)
    await t.client.query(`select pgq.register_consumer_at('q', 'other', 1)`)
    const stream = t.open()
    const one = await next(stream)
    const { ids, statements } = await t.read(one)
    expect(statements).toEqual([readNow])
    const [eventId = ''] = ids
    // An own retry, and another consumer's of the same event, which come in one batch with a new event.
    const others = await t.client.query(`select pgq.next_batch('q', 'other') as id`)
    await t.client.query(`select pgq.event_retry($1::int8, $2::int8, 0), pgq.finish_batch($1)`, [
      others.rows[0].id,
      eventId,
    ])
    expect(await t.finish(one, { retries: [{ eventId, afterSeconds: 0 }] })).toBe(true)
    await t.publish('two')
    await t.client.query('select pgq.maint_retry_events()')
    await t.publish('three')
    await t.publish('four')
    const two = await next(stream)
    expect((await t.read(two)).statements).toEqual([readNow, readAhead])
    expect(await t.finish(two)).toBe(true)
    const three = await next(stream)
    const given = await t.read(three)
    expect(given.types).toEqual(['one', 'three'])
    expect(given.statements).toEqual([readAhead])
    expect(given.types).toEqual(await t.typesOf(three))
    expect(await t.finish(three)).toBe(true)
    expect(await t.read(await next(stream))).toMatchObject({ types: ['four'], statements: [] })
  })
})

describe('events that were read ahead', () => {
  test('are given once, and to those alone who ask the same', async () => {
    await using t = await setUp(['one', 'two', 'three', 'four'])
    const stream = t.open()
    const one = await next(stream)
    expect((await t.read(one)).statements).toEqual([readNow, readAhead])
    expect((await t.read(one)).statements).toEqual([readNow])
    expect(await t.finish(one)).toBe(true)
    const two = await next(stream)
    const filtered = await listBatchEvents(t.context, two, { types: ['none'] })
    expect(filtered).toEqual([])
    expect((await t.read(two)).types).toEqual(['two'])
    expect((await t.read(two)).types).toEqual(['two'])
    expect(await t.finish(two)).toBe(true)
    expect((await t.read(await next(stream))).types).toEqual(['three'])
  })

  test('are given though another number of events would be asked for by now', async () => {
    await using t = await setUp(['one', 'two', 'three', 'four'])
    const stream = t.open()
    let batch = await next(stream)
    await t.read(batch)
    for (const [meanBytes, type] of [
      [3_000, 'two'],
      [10, 'three'],
    ] as const) {
      expect(await t.finish(batch)).toBe(true)
      t.live.state.sizes.learn('q', meanBytes)
      batch = await next(stream)
      const { types, statements } = await t.read(batch)
      expect(types).toEqual([type])
      expect(statements.filter((name) => name === readNow)).toEqual([])
    }
  })

  test('are not given when the next batch was not opened along with the end of the one before', async () => {
    await using t = await setUp(['one', 'two', 'three'])
    const stream = t.open()
    const one = await next(stream)
    expect((await t.read(one)).statements).toEqual([readNow, readAhead])
    const other = await t.fixture.open()
    const { batchId, leaseToken } = one
    expect(await finishBatch(createTestContext(other), { database: 'main', batchId, leaseToken })).toBe(true)
    await other.close()
    const two = await next(stream)
    expect(await t.read(two)).toMatchObject({ types: ['two'], statements: [readNow, readAhead] })
  })

  test('are not given for a tick that was made anew under its id', async () => {
    await using t = await setUp(['one', 'two', 'three'])
    const stream = t.open()
    const one = await next(stream)
    expect((await t.read(one)).statements).toEqual([readNow, readAhead])
    await t.client.query(
      `update pgq.tick set tick_time = clock_timestamp() where tick_id = (select min(tick_id) from pgq.tick where tick_id > $1)`,
      [one.tickId],
    )
    expect(await t.finish(one)).toBe(true)
    expect(await t.read(await next(stream))).toMatchObject({
      types: ['two'],
      statements: [readNow, readAhead],
    })
  })

  test('are read in the ordinary way when that has failed', async () => {
    await using t = await setUp(['one', 'two'])
    const stream = t.open()
    const one = await next(stream)
    await t.client.query('alter function pgq_gateway.events_ahead rename to away')
    expect((await t.read(one)).statements).toEqual([readNow, readAhead])
    expect(await t.finish(one)).toBe(true)
    expect(await t.read(await next(stream))).toMatchObject({ types: ['two'], statements: [readNow] })
  })

  test('are read for streams alone, and not where conditions or the future decide what comes next', async () => {
    await using t = await setUp(['one', 'two', 'three'])
    const conditions = [{ minLagSeconds: 0.001 }, { minCount: 1 }, { subconsumer: 'm', consumer: 'g' }]
    for (const condition of conditions) {
      const stream = t.open(condition)
      const waiting = next(stream)
      if (condition.subconsumer) {
        await t.publish('four')
        await t.publish('five')
      }
      expect((await t.read(await waiting)).statements).toEqual([readNow])
      await stream.return()
      await stream.closed
    }
    const stream = t.open()
    let last = await next(stream)
    expect((await t.read({ ...last, readAhead: undefined })).statements).toEqual([readNow])
    while (last.nextTickId !== null) {
      expect(await t.finish(last)).toBe(true)
      last = await next(stream)
    }
    expect((await t.read(last)).statements).toEqual([readNow])
  })

  test('are held for a few streams at a time, and given up with them', async () => {
    await using t = await setUp(['one', 'two'])
    const consumers = Array.from({ length: 10 }, (_, n) => `c${n}`)
    for (const consumer of consumers)
      await t.client.query(`select pgq.register_consumer_at('q', $1, 1)`, [consumer])
    const countAhead = async () => {
      const streams = consumers.map((consumer) => t.open({ consumer }))
      let count = 0
      for (const stream of streams) {
        const { statements } = await t.read(await next(stream))
        if (statements.includes(readAhead)) count++
      }
      for (const stream of streams) {
        await stream.return()
        await stream.closed
      }
      return count
    }
    expect(await countAhead()).toBe(8)
    expect(await countAhead()).toBe(8)
  })
})
