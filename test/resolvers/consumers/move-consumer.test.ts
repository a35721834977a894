import { describe, expect, test } from 'vitest'
import { finishBatch } from '../../../src/resolvers/batches/finish-batch.ts'
import { nextBatch, nextCoopBatch } from '../../../src/resolvers/batches/next-batch.ts'
import { type MoveConsumerInput, moveConsumer } from '../../../src/resolvers/consumers/move-consumer.ts'
import { setUpConsumer } from '../../pubsub/batches/consumer-fixture.ts'
import { availableEngines, type EngineName } from '../../support/database.ts'

/** A queue `q` whose consumers `c` and cooperative `g` are owed two batches; its ticks are a minute apart. */
async function setUp(engine: EngineName) {
  const fixture = await setUpConsumer([], engine)
  const { client, context, publish } = fixture
  await client.query(`select pgq_coop.register_subconsumer('q', 'g', 'm')`)
  // On upstream's PgQ the first event of a queue is not counted.
  await client.query(`select pgq.insert_event('q', 'zero', '')`)
  for (const type of ['one', 'two']) await publish(type)
  const { rows } = await client.query<{ tick_id: string }>(
    `update pgq.tick set tick_time = now() - make_interval(mins => (select count(*)::int4 from pgq.tick l where l.tick_id > tick.tick_id))
     returning tick_id::text`,
  )
  const [first = '', middle = '', newest = ''] = rows
    .map((row) => row.tick_id)
    .sort((a, b) => Number(a) - Number(b))
  const all = { database: 'main', queue: 'q', consumer: 'c', toNewest: false, force: false, dryRun: false }
  return {
    ...fixture,
    ticks: { first, middle, newest },
    next: () => nextBatch(context, { database: 'main', queue: 'q', consumer: 'c' }),
    move: (input: Partial<MoveConsumerInput>) => moveConsumer(context, { ...all, ...input }),
    positionOf: async (name: string) =>
      (
        await client.query(
          `select sub_last_tick::text as tick from pgq.subscription join pgq.consumer on co_id = sub_consumer where co_name = $1`,
          [name],
        )
      ).rows[0]?.tick,
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  }
}

describe.each(availableEngines)('a consumer on %s', (engine) => {
  test('moves to the newest tick and back to a tick or a time, saying what that skips and repeats', async () => {
    await using t = await setUp(engine)
    const { first, middle, newest } = t.ticks
    const dry = await t.move({ toNewest: true, dryRun: true })
    expect(dry).toMatchObject({ fromTick: first, toTick: newest, repeatedEvents: '0' })
    expect(Number(dry.skippedEvents)).toBeGreaterThan(0)
    expect(await t.positionOf('c')).toBe(first)
    expect(await t.move({ toNewest: true })).toEqual(dry)
    expect(await t.positionOf('c')).toBe(newest)
    const back = await t.move({ toTick: first })
    expect(back).toMatchObject({ fromTick: newest, toTick: first, skippedEvents: '0' })
    expect(back.repeatedEvents).toBe(dry.skippedEvents)
    const toTime = new Date(Date.now() - 90_000).toISOString()
    expect((await t.move({ toTime, consumer: 'g' })).toTick).toBe(first)
    expect((await t.move({ toTime: new Date(Date.now() - 30_000).toISOString() })).toTick).toBe(middle)
  })

  test('does not move to what is not in the log, nor without one target', async () => {
    await using t = await setUp(engine)
    const refused = (input: Partial<MoveConsumerInput>) => t.move(input).catch((error: unknown) => error)
    expect(await refused({ toTick: '999999' })).toMatchObject({
      code: 'BAD_INPUT',
      field: 'toTick',
      message: expect.stringContaining(`the oldest is ${t.ticks.first}`),
    })
    expect(await refused({ toTime: '2001-01-01T00:00:00Z' })).toMatchObject({
      code: 'BAD_INPUT',
      field: 'toTime',
    })
    expect(await refused({})).toMatchObject({ code: 'BAD_INPUT' })
    expect(await refused({ toTick: '1', toNewest: true })).toMatchObject({ code: 'BAD_INPUT' })
    expect(await refused({ consumer: 'nobody', toNewest: true })).toMatchObject({
      code: 'CONSUMER_NOT_FOUND',
    })
    expect(await refused({ consumer: 'g.m', toNewest: true })).toMatchObject({ code: 'BAD_INPUT' })
  })

  test('with an open batch moves only by force, which makes its lease stale', async () => {
    await using t = await setUp(engine)
    const batch = await t.next()
    await expect(t.move({ toNewest: true })).rejects.toMatchObject({ code: 'BATCH_ACTIVE', field: 'force' })
    await t.move({ toNewest: true, force: true })
    const finish = finishBatch(t.context, {
      database: 'main',
      batchId: batch?.batchId ?? '',
      leaseToken: batch?.leaseToken,
    })
    expect(await finish.catch((error: { code: string }) => error.code)).toBe('STALE_LEASE')
    expect(await t.positionOf('c')).toBe(t.ticks.newest)
    expect(await t.next()).toBeNull()
  })

  test('that is cooperative moves by force while a member works, which finishes its batch', async () => {
    await using t = await setUp(engine)
    const batch = await nextCoopBatch(t.context, {
      database: 'main',
      queue: 'q',
      consumer: 'g',
      subconsumer: 'm',
    })
    if (!batch) throw new Error('there is no batch')
    await expect(t.move({ consumer: 'g', toNewest: true })).rejects.toMatchObject({ code: 'BATCH_ACTIVE' })
    await t.move({ consumer: 'g', toNewest: true, force: true })
    expect(await t.finish(batch)).toBe(true)
    expect(await t.positionOf('g')).toBe(t.ticks.newest)
  })
})
