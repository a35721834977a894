import { describe, expect, test } from 'vitest'
import { queueHistory } from '../../../src/resolvers/queues/queue-history.ts'
import { requireQueue } from '../../../src/resolvers/queues/queues.ts'
import { setUpConsumer } from '../../pubsub/batches/consumer-fixture.ts'
import { availableEngines, type EngineName } from '../../support/database.ts'

/** A queue `q` that nobody ticks, and a function that gives it ticks of these ages (seconds) and event ids. */
async function setUp(engine: EngineName) {
  const fixture = await setUpConsumer([], engine)
  const { client, context } = fixture
  const queue = await requireQueue(context, 'main', 'q')
  return {
    ...fixture,
    history: (seconds: number, points: number) => queueHistory(context, queue, { seconds, points }),
    addTicks: (text: string, values: unknown[] = []) =>
      client.query(
        `with ids as (select max(tick_id) as id from pgq.tick)
         insert into pgq.tick (tick_queue, tick_id, tick_time, tick_event_seq)
         select ${queue.queueId}, ids.id + n, now() - make_interval(secs => age), event
           from ids, (${text}) made (n, age, event)`,
        values,
      ),
    ageFirst: () => client.query(`update pgq.tick set tick_time = tick_time - interval '2 hours'`),
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  }
}

const sum = (values: readonly string[]) => values.reduce((total, value) => total + Number(value), 0)

describe.each(availableEngines)('the history of a queue on %s', (engine) => {
  test('has as many spans as were asked for, and each event once, in the span of its tick', async () => {
    await using t = await setUp(engine)
    await t.ageFirst()
    await t.addTicks('values (1, 4000, 7), (2, 1800, 17), (3, 1799, 117), (4, 0, 120)')
    const samples = await t.history(3_600, 60)
    expect(samples).toHaveLength(60)
    const counted = samples.filter(({ ticks }) => ticks !== '0')
    expect(sum(counted.map(({ events }) => events))).toBe(113)
    expect(sum(counted.map(({ ticks }) => ticks))).toBe(3)
    expect(samples.at(-1)).toMatchObject({ events: '3', ticks: '1' })
    expect(samples[0]?.seconds).toBe(60)
    expect(samples.at(-1)?.seconds).toBeLessThanOrEqual(60)
  })

  test('of many ticks skips some, and loses no event', async () => {
    await using t = await setUp(engine)
    await t.ageFirst()
    await t.addTicks('select n, 1800 - n * 0.1, n * 2 from generate_series(1, 18000) n')
    const samples = await t.history(3_600, 60)
    expect(sum(samples.map(({ events }) => events))).toBe(36_000)
    for (const sample of samples.slice(31, 59))
      expect(Math.abs(Number(sample.events) / sample.seconds - 20)).toBeLessThan(5)
  })

  test('begins with the log, and refuses lengths out of range', async () => {
    await using t = await setUp(engine)
    expect((await t.history(3_600, 240)).length).toBeLessThan(10)
    await expect(t.history(0, 10)).rejects.toMatchObject({ code: 'BAD_INPUT' })
    await expect(t.history(60, 241)).rejects.toMatchObject({ code: 'BAD_INPUT' })
  })
})
