import { describe, expect, test } from 'vitest'
import { finishBatch } from '../../../src/resolvers/batches/finish-batch.ts'
import { nextBatch, nextCoopBatch } from '../../../src/resolvers/batches/next-batch.ts'
import { retryEvent } from '../../../src/resolvers/batches/retries.ts'
import { findConsumer, registerConsumer } from '../../../src/resolvers/consumers/consumers.ts'
import { listDeadLetters, requeueDeadLetters } from '../../../src/resolvers/dead-letters/dead-letters.ts'
import { listBatchEvents, pageBatchEvents } from '../../../src/resolvers/events/events.ts'
import { insertEvents } from '../../../src/resolvers/publishing/publishing.ts'
import { createQueue } from '../../../src/resolvers/queues/queues.ts'
import { tick } from '../../../src/resolvers/ticks/ticks.ts'
import { createTestContext } from '../../support/context.ts'
import { availableEngines, createTestDatabase, type EngineName } from '../../support/database.ts'
import { until } from '../../support/deadline.ts'

const where = { database: 'main', queue: 'q' }

/** A queue with a consumer `c` that has `count` events, of types e0, e1, …, ready in one batch. */
async function setUp(engine: EngineName, count = 3) {
  const fixture = await createTestDatabase(engine)
  const database = await fixture.open()
  const context = createTestContext(database)
  await createQueue(context, { database: 'main', name: 'q' })
  await registerConsumer(context, { ...where, consumer: 'c' })
  const publish = (events = count) =>
    insertEvents(context, {
      ...where,
      events: Array.from({ length: events }, (_, n) => ({ type: `e${n}`, data: `d${n}` })),
    })
  const cut = () => tick(context, { ...where, force: true })
  const ids = await publish()
  await cut()
  const sql = async (text: string, values: unknown[] = []) => {
    const client = await fixture.connect()
    return client.query(text, values).finally(() => client.end())
  }
  const dispose = async () => {
    await database.close()
    await fixture[Symbol.asyncDispose]()
  }
  return { context, publish, cut, sql, ids, connect: fixture.connect, [Symbol.asyncDispose]: dispose }
}

describe.each(availableEngines)('batches on %s', (engine) => {
  test('holds the events that were inserted, in their order, and nothing after it is finished', async () => {
    await using t = await setUp(engine)
    const batch = await nextBatch(t.context, { ...where, consumer: 'c' })
    expect(batch).toMatchObject({ queueName: 'q', consumerName: 'c', database: 'main' })
    const ref = { database: 'main', queueName: 'q', batchId: batch?.batchId ?? '' }
    const events = await listBatchEvents(t.context, ref)
    expect(events.map((event) => [event.eventId, event.type, event.data])).toEqual(
      t.ids.map((id, n) => [id, `e${n}`, `d${n}`]),
    )
    expect(events[0]?.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    expect(await finishBatch(t.context, { ...ref, leaseToken: batch?.leaseToken })).toBe(true)
    expect(await nextBatch(t.context, { ...where, consumer: 'c' })).toBeNull()
  })

  test('gives the same batch until it is finished, and each time a token that ends the one before', async () => {
    await using t = await setUp(engine)
    const first = await nextBatch(t.context, { ...where, consumer: 'c' })
    const second = await nextBatch(t.context, { ...where, consumer: 'c' })
    expect(second?.batchId).toBe(first?.batchId)
    const ref = { database: 'main', queueName: 'q', batchId: first?.batchId ?? '' }
    await expect(finishBatch(t.context, { ...ref, leaseToken: first?.leaseToken })).rejects.toMatchObject({
      code: 'STALE_LEASE',
      field: 'leaseToken',
    })
    await expect(finishBatch(t.context, ref)).rejects.toMatchObject({ code: 'STALE_LEASE' })
    expect(await finishBatch(t.context, { ...ref, leaseToken: second?.leaseToken })).toBe(true)
  })

  test('dates its lease from when the batch is given, and not from when it was asked for', async () => {
    await using t = await setUp(engine)
    const blocker = await t.connect()
    await blocker.query('begin; select from pgq.subscription for update')
    const opening = nextBatch(t.context, { ...where, consumer: 'c' })
    const waiting = `select from pg_stat_activity
      where query like '%next_batch%' and wait_event_type = 'Lock' and datname = current_database()`
    await until(async () => (await t.sql(waiting)).rowCount === 1, 'the wait for the lock')
    const { rows } = await blocker.query('select clock_timestamp()::text as at')
    await blocker.query('commit')
    await blocker.end()
    await opening
    const isLater = await t.sql('select opened_at > $1 as later from pgq_gateway.lease', [rows[0].at])
    expect(isLater.rows).toEqual([{ later: true }])
  })

  test('answers a repeated finish with false, and does none of it twice', async () => {
    await using t = await setUp(engine)
    const batch = await nextBatch(t.context, { ...where, consumer: 'c' })
    const settle = {
      database: 'main',
      batchId: batch?.batchId ?? '',
      leaseToken: batch?.leaseToken,
      publish: [{ queue: 'q', type: 'follow-up' }],
    }
    expect(await finishBatch(t.context, settle)).toBe(true)
    expect(await finishBatch(t.context, settle)).toBe(false)
    await t.cut()
    const next = await nextBatch(t.context, { ...where, consumer: 'c' })
    const events = await listBatchEvents(t.context, {
      database: 'main',
      queueName: 'q',
      batchId: next?.batchId ?? '',
    })
    expect(events.map((event) => event.type)).toEqual(['follow-up'])
  })

  test('delivers a retried event again, to its consumer alone, and moves a failed one to the dead letters and back', async () => {
    await using t = await setUp(engine)
    await registerConsumer(t.context, { ...where, consumer: 'other' })
    const batch = await nextBatch(t.context, { ...where, consumer: 'c' })
    const ref = {
      database: 'main',
      queueName: 'q',
      batchId: batch?.batchId ?? '',
      leaseToken: batch?.leaseToken,
    }
    const [retried = '', failed = ''] = t.ids
    await finishBatch(t.context, {
      ...ref,
      retries: [{ eventId: retried, afterSeconds: 0 }],
      failures: [{ eventId: failed, reason: 'no good' }],
    })
    const letters = await listDeadLetters(t.context, { database: 'main', queue: 'q' })
    expect(letters.rows).toMatchObject([
      { eventId: failed, reason: 'no good', consumerName: 'c', data: 'd1' },
    ])
    expect(await requeueDeadLetters(t.context, { database: 'main', queue: 'q' })).toBe(1)
    expect((await listDeadLetters(t.context, { database: 'main' })).rows).toEqual([])

    await t.sql('select pgq.maint_retry_events()')
    await t.cut()
    const again = await nextBatch(t.context, { ...where, consumer: 'c' })
    const events = await listBatchEvents(t.context, {
      database: 'main',
      queueName: 'q',
      batchId: again?.batchId ?? '',
    })
    expect(events.map((event) => [event.eventId, event.retry])).toEqual([
      [retried, 1],
      [failed, 1],
    ])
    const others = await nextBatch(t.context, { ...where, consumer: 'other' })
    expect(
      await listBatchEvents(t.context, { database: 'main', queueName: 'q', batchId: others?.batchId ?? '' }),
    ).toEqual([])
  })

  test('refuses to settle with an event that is not in the batch, and leaves the batch open', async () => {
    await using t = await setUp(engine)
    const batch = await nextBatch(t.context, { ...where, consumer: 'c' })
    const ref = {
      database: 'main',
      queueName: 'q',
      batchId: batch?.batchId ?? '',
      leaseToken: batch?.leaseToken,
    }
    const retries = [{ eventId: '999999', afterSeconds: 0 }]
    await expect(finishBatch(t.context, { ...ref, retries })).rejects.toMatchObject({
      code: 'EVENT_NOT_FOUND',
    })
    await expect(retryEvent(t.context, { ...ref, eventId: '999999', afterSeconds: 1 })).rejects.toMatchObject(
      {
        code: 'EVENT_NOT_FOUND',
      },
    )
    const publish = [{ queue: 'nowhere', type: 'x' }]
    await expect(finishBatch(t.context, { ...ref, publish })).rejects.toMatchObject({
      code: 'QUEUE_NOT_FOUND',
    })
    expect(await finishBatch(t.context, ref)).toBe(true)
  })

  test('pages through a batch without missing or repeating an event', async () => {
    await using t = await setUp(engine, 25)
    const batch = await nextBatch(t.context, { ...where, consumer: 'c' })
    const ref = { database: 'main', queueName: 'q', batchId: batch?.batchId ?? '' }
    const seen: string[] = []
    let after: string | null = null
    for (;;) {
      const page = await pageBatchEvents(t.context, ref, { first: 10, after })
      seen.push(...page.events.map((event) => event.eventId))
      if (!page.hasNextPage) break
      after = page.endCursor
    }
    expect(seen).toEqual(t.ids)
    const filtered = await listBatchEvents(t.context, ref, { types: ['e3', 'e24'] })
    expect(filtered.map((event) => event.type)).toEqual(['e3', 'e24'])
  })

  test('refuses the old owner after a takeover by a client that knows nothing of leases', async () => {
    await using t = await setUp(engine)
    const coop = { ...where, consumer: 'group' }
    await nextCoopBatch(t.context, { ...coop, subconsumer: 'slow' })
    await t.publish()
    await t.cut()
    const held = await nextCoopBatch(t.context, { ...coop, subconsumer: 'slow' })
    expect(held).not.toBeNull()
    await t.sql(`update pgq.subscription set sub_active = now() - interval '1 hour' where sub_batch = $1`, [
      held?.batchId,
    ])
    const { rows } = await t.sql(`select pgq_coop.next_batch('q', 'group', 'fast', '1 minute') as id`)
    expect(rows).toEqual([{ id: held?.batchId }])
    const ref = { database: 'main', queueName: 'q', batchId: held?.batchId ?? '' }
    await expect(finishBatch(t.context, { ...ref, leaseToken: held?.leaseToken })).rejects.toMatchObject({
      code: 'STALE_LEASE',
    })
    await t.sql(`select pgq_coop.finish_batch($1)`, [held?.batchId])
    await expect(finishBatch(t.context, { ...ref, leaseToken: held?.leaseToken })).rejects.toMatchObject({
      code: 'STALE_LEASE',
    })
  })

  test('takes over the batch of a dead member, closes it as a member, and moves the group on', async () => {
    await using t = await setUp(engine)
    const coop = { ...where, consumer: 'group' }
    await nextCoopBatch(t.context, { ...coop, subconsumer: 'a' })
    const ids = await t.publish()
    await t.cut()
    const held = await nextCoopBatch(t.context, { ...coop, subconsumer: 'a' })
    expect(await nextCoopBatch(t.context, { ...coop, subconsumer: 'b', deadIntervalSeconds: 60 })).toBeNull()
    const taken = await nextCoopBatch(t.context, { ...coop, subconsumer: 'b', deadIntervalSeconds: 0 })
    expect(taken?.batchId).toBe(held?.batchId)
    const events = await listBatchEvents(t.context, {
      database: 'main',
      queueName: 'q',
      batchId: taken?.batchId ?? '',
    })
    expect(events.map((event) => event.eventId)).toEqual(ids)
    const ref = { database: 'main', queueName: 'q', batchId: taken?.batchId ?? '' }
    await expect(finishBatch(t.context, { ...ref, leaseToken: held?.leaseToken })).rejects.toMatchObject({
      code: 'STALE_LEASE',
    })
    expect(await finishBatch(t.context, { ...ref, leaseToken: taken?.leaseToken })).toBe(true)
    expect(await nextCoopBatch(t.context, { ...coop, subconsumer: 'a' })).toBeNull()
    expect(await findConsumer(t.context, { ...where, name: 'group' })).toMatchObject({ currentBatchId: null })
  })

  test('names what is missing', async () => {
    await using t = await setUp(engine)
    await expect(nextBatch(t.context, { ...where, queue: 'none', consumer: 'c' })).rejects.toMatchObject({
      code: 'QUEUE_NOT_FOUND',
      field: 'queue',
    })
    await expect(nextBatch(t.context, { ...where, consumer: 'none' })).rejects.toMatchObject({
      code: 'CONSUMER_NOT_FOUND',
      field: 'consumer',
    })
    await expect(
      listBatchEvents(t.context, { database: 'main', queueName: 'q', batchId: '99999' }),
    ).rejects.toMatchObject({
      code: 'BATCH_NOT_FOUND',
    })
    expect(await finishBatch(t.context, { database: 'main', batchId: '99999' })).toBe(false)
    await nextCoopBatch(t.context, { ...where, consumer: 'group', subconsumer: 'a' })
    await expect(nextBatch(t.context, { ...where, consumer: 'group' })).rejects.toMatchObject({
      code: 'BAD_INPUT',
    })
  })
})
