import { describe, expect, test } from 'vitest'
import { findAllQueues } from '../../../src/resolvers/queues/queues.ts'
import { availableEngines, createTestDatabase, type EngineName } from '../../support/database.ts'
import { withDeadline } from '../../support/deadline.ts'

/** A queue `q` with the tick that was made with it, which nothing ticks. */
async function setUp(engine: EngineName) {
  const fixture = await createTestDatabase(engine)
  const live = await fixture.open()
  const client = await fixture.connect()
  const run = async (text: string, values: unknown[] = []) => (await client.query(text, values)).rows
  await run(`select pgq.create_queue('q')`)
  return {
    fixture,
    run,
    queue: async () => {
      const [queue] = await findAllQueues(live.database)
      if (!queue) throw new Error('there is no queue')
      return queue
    },
    insert: (count: number) =>
      run(`select pgq.insert_event('q', 'x', n::text) from generate_series(1, $1::int4) n`, [count]),
    cut: async () => {
      await run(`update pgq.queue set queue_ticker_max_lag = '0', queue_ticker_idle_period = '0'`)
      await run(`select pgq.ticker('q')`)
      await run(`update pgq.queue set queue_ticker_max_lag = '3 s', queue_ticker_idle_period = '1 min'`)
    },
    age: (seconds: number) =>
      run('update pgq.tick set tick_time = tick_time - make_interval(secs => $1)', [seconds]),
    [Symbol.asyncDispose]: async () => {
      await client.end()
      await live.close()
      await fixture[Symbol.asyncDispose]()
    },
  }
}

describe.each(availableEngines)('the rate of a queue on %s', (engine) => {
  test('is that of the last seconds, and 0 a few after the last event, with or without further ticks', async () => {
    await using t = await setUp(engine)
    expect((await t.queue()).currentEventsPerSecond).toBe(0)
    await t.age(10)
    await t.cut()
    await t.age(6)
    await t.insert(60)
    await t.cut()
    const busy = await t.queue()
    // Ten seconds lie between the ticks, and six are over since the one before the last.
    expect(busy.currentEventsPerSecond).toBeGreaterThan(5)
    expect(busy.currentEventsPerSecond).toBeLessThanOrEqual(10)
    await t.age(6)
    const over = await t.queue()
    expect(over.currentEventsPerSecond).toBe(0)
    expect(over.eventsPerSecond).toBeGreaterThan(0)
    for (let n = 0; n < 3; n++) await t.cut()
    expect((await t.queue()).currentEventsPerSecond).toBe(0)
  })

  test('counts events that no tick has yet, the first of the queue included', async () => {
    await using t = await setUp(engine)
    await t.insert(1)
    await t.age(4)
    const queue = await t.queue()
    expect(queue.newEvents).toBe('1')
    expect(queue.currentEventsPerSecond).toBeGreaterThan(0.1)
    expect(queue.currentEventsPerSecond).toBeLessThanOrEqual(0.25)
  })

  test('of a queue that ticks often is that of its last 20 ticks', async () => {
    await using t = await setUp(engine)
    for (let n = 0; n < 30; n++) {
      await t.insert(n < 9 ? 1_000 : 2)
      await t.cut()
    }
    const { currentEventsPerSecond } = await t.queue()
    expect(currentEventsPerSecond).toBeGreaterThan(0)
    expect(currentEventsPerSecond).toBeLessThanOrEqual(40)
  })
})

describe.each(availableEngines)('a queue on %s', (engine) => {
  test('has an overdue tick when none came for twice the distance of the last two', async () => {
    await using t = await setUp(engine)
    await t.age(10)
    await t.cut()
    await t.age(20)
    expect((await t.queue()).tickOverdueSeconds).toBeNull()
    await t.age(30)
    expect((await t.queue()).tickOverdueSeconds).toBeGreaterThan(27)
    await t.run('update pgq.queue set queue_ticker_paused = true')
    expect((await t.queue()).tickOverdueSeconds).toBeNull()
    await t.run('update pgq.queue set queue_ticker_paused = false, queue_external_ticker = true')
    expect((await t.queue()).tickOverdueSeconds).toBeNull()
  })

  test('is shown while its event tables are locked', async () => {
    await using t = await setUp(engine)
    await t.insert(2)
    const other = await t.fixture.connect()
    await other.query('begin; lock table pgq.event_template in access exclusive mode')
    const { newEvents } = await withDeadline(t.queue(), 'the queue')
    await other.end()
    expect(newEvents).toBe('2')
  })
})
