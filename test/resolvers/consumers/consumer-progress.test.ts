import { describe, expect, test } from 'vitest'
import { finishBatch } from '../../../src/resolvers/batches/finish-batch.ts'
import { nextBatch, nextCoopBatch } from '../../../src/resolvers/batches/next-batch.ts'
import { type ConsumerProgress, progressOf } from '../../../src/resolvers/consumers/consumer-progress.ts'
import { findAllConsumers, findConsumer } from '../../../src/resolvers/consumers/consumers.ts'
import { openStream, setUpConsumer } from '../../pubsub/batches/consumer-fixture.ts'
import { availableEngines, type EngineName } from '../../support/database.ts'
import { until, withDeadline } from '../../support/deadline.ts'

const where = { database: 'main', queue: 'q' }

/** A queue `q` with a consumer `c`, of which nothing is pending. */
async function setUp(engine: EngineName) {
  const fixture = await setUpConsumer([], engine)
  const { client, context } = fixture
  const run = async (text: string, values: unknown[] = []) => (await client.query(text, values)).rows
  const lookUp = async (name = 'c'): Promise<ConsumerProgress> => {
    const consumer = await findConsumer(context, { ...where, name })
    if (!consumer) throw new Error(`there is no consumer ${name}`)
    return progressOf(context, consumer)
  }
  const progress = async (name = 'c'): Promise<ConsumerProgress> => {
    const found = await lookUp(name)
    const sampled = (await findAllConsumers(context.database('main').database)).find(
      (row) => row.name === name,
    )
    // A sample and a look-up tell the same, but for the time between them.
    expect(sampled?.progress).toEqual({
      connected: found.connected,
      openBatchSeconds: found.openBatchSeconds && expect.closeTo(found.openBatchSeconds, -1),
      oldestPendingSeconds: found.oldestPendingSeconds && expect.closeTo(found.oldestPendingSeconds, -1),
    })
    return found
  }
  return {
    ...fixture,
    run,
    /** Looks up the progress alone, for what may change at the moment. */
    lookUp,
    /** Looks up the progress, which a sample must tell, too. */
    progress,
    insert: (count = 1) =>
      run(`select pgq.insert_event('q', 'x', n::text) from generate_series(1, $1::int4) n`, [count]),
    /** Cuts the log as pgqd does, whatever the queue's limits; without new events the tick is an idle one. */
    cut: async () => {
      await run(`update pgq.queue set queue_ticker_max_lag = '0', queue_ticker_idle_period = '0'`)
      await run(`select pgq.ticker('q')`)
      await run(`update pgq.queue set queue_ticker_max_lag = '3 s', queue_ticker_idle_period = '1 min'`)
    },
    /** Makes all ticks and openings older. */
    age: async (seconds: number) => {
      await run('update pgq.tick set tick_time = tick_time - make_interval(secs => $1)', [seconds])
      await run('update pgq.subscription set sub_active = sub_active - make_interval(secs => $1)', [seconds])
      await run('update pgq_gateway.lease set opened_at = opened_at - make_interval(secs => $1)', [seconds])
    },
    open: () => nextBatch(context, { ...where, consumer: 'c' }),
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  }
}

describe.each(availableEngines)('the oldest pending event of a consumer on %s', (engine) => {
  test('is null for as long as there is none, while its lag grows', async () => {
    await using t = await setUp(engine)
    for (let n = 0; n < 3; n++) await t.cut()
    await t.age(600)
    expect(await t.progress()).toEqual({
      connected: false,
      openBatchSeconds: null,
      oldestPendingSeconds: null,
    })
    expect((await findConsumer(t.context, { ...where, name: 'c' }))?.lagSeconds).toBeGreaterThan(599)
  })

  test('has the age of the first tick that counted it, however many without events came before', async () => {
    await using t = await setUp(engine)
    // On upstream's PgQ the first event of a queue is not counted.
    await t.insert(2)
    await t.cut()
    const batch = await t.open()
    await finishBatch(t.context, {
      database: 'main',
      batchId: batch?.batchId ?? '',
      leaseToken: batch?.leaseToken,
    })
    for (let n = 0; n < 40; n++) await t.cut()
    await t.age(3_600)
    expect((await t.progress()).oldestPendingSeconds).toBeNull()
    await t.insert()
    await t.cut()
    await t.age(60)
    for (let n = 0; n < 40; n++) await t.cut()
    await t.insert()
    await t.cut()
    expect((await t.progress()).oldestPendingSeconds).toBeGreaterThan(59)
    expect((await t.progress()).oldestPendingSeconds).toBeLessThan(120)
  })

  test('is pending until its batch is finished', async () => {
    await using t = await setUp(engine)
    await t.insert(2)
    await t.cut()
    const batch = await t.open()
    await t.age(30)
    expect(await t.progress()).toMatchObject({
      oldestPendingSeconds: expect.closeTo(30, -1),
      openBatchSeconds: expect.closeTo(30, -1),
    })
    await finishBatch(t.context, {
      database: 'main',
      batchId: batch?.batchId ?? '',
      leaseToken: batch?.leaseToken,
    })
    expect(await t.progress()).toMatchObject({ oldestPendingSeconds: null, openBatchSeconds: null })
  })

  test('without a tick has waited for max lag at most, until the next tick is overdue', async () => {
    await using t = await setUp(engine)
    await t.insert(2)
    for (let n = 0; n < 2; n++) await t.cut()
    const batch = await t.open()
    await finishBatch(t.context, {
      database: 'main',
      batchId: batch?.batchId ?? '',
      leaseToken: batch?.leaseToken,
    })
    // The ticks are 20 s apart, so an idle queue needs none for 40 s.
    await t.run(
      `update pgq.tick set tick_time = now() - make_interval(secs => 25 + 20 * (select max(tick_id) - tick.tick_id from pgq.tick t))`,
    )
    expect((await t.progress()).oldestPendingSeconds).toBeNull()
    await t.insert()
    expect((await t.progress()).oldestPendingSeconds).toBe(3)
    await t.age(30)
    expect((await t.progress()).oldestPendingSeconds).toBeGreaterThan(54)
  })

  test('of a cooperative consumer may be in the batch of a member', async () => {
    await using t = await setUp(engine)
    await t.run(`select pgq.unregister_consumer('q', 'c'), pgq_coop.register_subconsumer('q', 'g', 'm1')`)
    await t.insert(2)
    await t.cut()
    const batch = await nextCoopBatch(t.context, { ...where, consumer: 'g', subconsumer: 'm1' })
    await t.age(60)
    expect(await t.progress('g')).toMatchObject({
      oldestPendingSeconds: expect.closeTo(60, -1),
      openBatchSeconds: expect.closeTo(60, -1),
    })
    await finishBatch(t.context, {
      database: 'main',
      batchId: batch?.batchId ?? '',
      leaseToken: batch?.leaseToken,
    })
    expect(await t.progress('g')).toEqual({
      connected: false,
      openBatchSeconds: null,
      oldestPendingSeconds: null,
    })
  })
})

describe.each(availableEngines)('a consumer on %s', (engine) => {
  test('is connected while a stream of a live gateway has it, and no longer', async () => {
    await using t = await setUp(engine)
    const stream = openStream(t.context)
    const standby = openStream(t.context, { standby: true })
    void stream.next().catch(() => {})
    void standby.next().catch(() => {})
    const connected = async () => (await t.progress()).connected
    await until(async () => (await t.lookUp()).connected, 'the claim')
    expect(await connected()).toBe(true)
    await Promise.all([stream.return(), standby.return()])
    await Promise.all([stream.closed, standby.closed])
    await until(async () => !(await t.lookUp()).connected, 'the release of the claim')
    expect(await connected()).toBe(false)
    // The claim of a gateway that was killed stays until somebody takes it over.
    await t.run(
      `insert into pgq_gateway.stream (queue_id, consumer_id, stream_id, gateway)
       select sub_queue, sub_consumer, gen_random_uuid(), 1 from pgq.subscription`,
    )
    expect(await connected()).toBe(false)
  })

  test('of a cooperative kind is connected while a member is', async () => {
    await using t = await setUp(engine)
    const stream = openStream(t.context, { consumer: 'g', subconsumer: 'm' })
    void stream.next().catch(() => {})
    await until(async () => (await findConsumer(t.context, { ...where, name: 'g' })) !== null, 'the group')
    await until(async () => (await t.lookUp('g')).connected, 'the claim')
    expect((await t.progress('g')).connected).toBe(true)
    expect((await t.progress('c')).connected).toBe(false)
    await stream.return()
    await stream.closed
  })

  test('has had a batch that was opened beside the gateway since it was last seen', async () => {
    await using t = await setUp(engine)
    await t.insert(2)
    await t.cut()
    await t.run(`select pgq.next_batch('q', 'c')`)
    await t.age(90)
    expect((await t.progress()).openBatchSeconds).toBeCloseTo(90, -1)
  })

  test('is shown while its event tables are locked', async () => {
    await using t = await setUp(engine)
    await t.insert(2)
    await t.cut()
    await t.insert()
    const other = await t.fixture.connect()
    await other.query('begin; lock table pgq.event_template in access exclusive mode')
    const { oldestPendingSeconds } = await withDeadline(t.progress(), 'the progress')
    await other.end()
    expect(oldestPendingSeconds).toEqual(expect.any(Number))
  })
})
