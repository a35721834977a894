import { describe, expect, test } from 'vitest'
import { failEvent } from '../../../src/resolvers/dead-letters/dead-letters.ts'
import { traceEvent } from '../../../src/resolvers/events/event-trace.ts'
import { setUpConsumer } from '../../pubsub/batches/consumer-fixture.ts'
import { type EngineName, eachEngine } from '../../support/database.ts'

/** A queue `q` with a consumer `c`, and traces of its events. */
async function setUp(engine: EngineName) {
  const fixture = await setUpConsumer([], engine)
  const { client, context } = fixture
  const ask = async (text: string, values: unknown[] = []): Promise<string> => {
    const { rows } = await client.query(text, values)
    return rows[0]?.answer
  }
  return {
    context,
    ask,
    trace: (eventId: string) => traceEvent(context, { database: 'main', queue: 'q', eventId }),
    insert: () => ask(`select pgq.insert_event('q', 't', 'd') as answer`),
    tick: () => ask(`select pgq_gateway.tick('q', true) as answer`),
    open: (consumer = 'c') => ask(`select pgq.next_batch('q', $1) as answer`, [consumer]),
    finish: (batchId: string) => ask('select pgq.finish_batch($1) as answer', [batchId]),
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  }
}

const nowhere = {
  batchId: null,
  retryAt: null,
  retryCount: null,
  deadLetterId: null,
  reason: null,
  failedAt: null,
}

describe.each(eachEngine)('the trace of an event on %s', (engine) => {
  test('follows it through batches, the retry queue and back', async () => {
    await using t = await setUp(engine)
    const eventId = await t.insert()
    const consumer = { ...nowhere, consumerName: 'c' }
    expect(await t.trace(eventId)).toMatchObject({
      event: { eventId, type: 't' },
      tick: null,
      consumers: [{ ...consumer, state: 'PENDING' }],
    })
    const tickId = await t.tick()
    await t.tick()
    expect(await t.trace(eventId)).toMatchObject({
      tick: { tickId },
      consumers: [{ ...consumer, state: 'PENDING' }],
    })
    const batchId = await t.open()
    expect((await t.trace(eventId)).consumers).toEqual([{ ...consumer, state: 'IN_OPEN_BATCH', batchId }])
    await t.ask('select pgq.event_retry($1, $2, 0) as answer', [batchId, eventId])
    expect((await t.trace(eventId)).consumers).toEqual([
      { ...consumer, state: 'WAITING_RETRY', retryAt: expect.any(String), retryCount: 1 },
    ])
    await t.finish(batchId)
    await t.ask('select pgq.maint_retry_events() as answer')
    const pending = { ...consumer, state: 'PENDING', retryCount: 1 }
    expect(await t.trace(eventId)).toMatchObject({ tick: { tickId }, consumers: [pending] })
    await t.finish(await t.open())
    await t.tick()
    const retried = await t.open()
    expect((await t.trace(eventId)).consumers).toEqual([
      { ...pending, state: 'IN_OPEN_BATCH', batchId: retried },
    ])
    await t.finish(retried)
    expect((await t.trace(eventId)).consumers).toEqual([{ ...consumer, state: 'PASSED' }])
  })

  test('tells each consumer by itself, a group as one, and those that are gone by their dead letters', async () => {
    await using t = await setUp(engine)
    await t.ask(
      `select pgq.register_consumer('q', 'late'), pgq_coop.register_subconsumer('q', 'group', 'member')`,
    )
    const eventId = await t.insert()
    await t.tick()
    const [batchId, groups] = [
      await t.open(),
      await t.ask(`select pgq_coop.next_batch('q', 'group', 'member') as answer`),
    ]
    await failEvent(t.context, { database: 'main', batchId, eventId, reason: 'broken' })
    await t.finish(batchId)
    const dead = {
      ...nowhere,
      consumerName: 'c',
      state: 'DEAD_LETTER',
      reason: 'broken',
      deadLetterId: expect.any(String),
      failedAt: expect.any(String),
    }
    expect((await t.trace(eventId)).consumers).toEqual([
      dead,
      { ...nowhere, consumerName: 'group', state: 'IN_OPEN_BATCH', batchId: groups },
      { ...nowhere, consumerName: 'late', state: 'PENDING' },
    ])
    await t.ask(`select pgq.unregister_consumer('q', 'c') as answer`)
    await t.ask('truncate pgq.event_1_0, pgq.event_1_1, pgq.event_1_2')
    expect(await t.trace(eventId)).toEqual({ eventId, event: null, tick: null, consumers: [dead] })
  })

  test('of one that never was has nothing', async () => {
    await using t = await setUp(engine)
    await t.insert()
    const eventId = '4200000000'
    expect(await t.trace(eventId)).toEqual({ eventId, event: null, tick: null, consumers: [] })
    const none = traceEvent(t.context, { database: 'main', queue: 'none', eventId })
    await expect(none).rejects.toMatchObject({ code: 'QUEUE_NOT_FOUND' })
  })
})
