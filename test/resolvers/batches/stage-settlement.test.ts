import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { type FinishBatchInput, finishBatch } from '../../../src/resolvers/batches/finish-batch.ts'
import { nextBatch, nextCoopBatch } from '../../../src/resolvers/batches/next-batch.ts'
import {
  type StageSettlementInput,
  stageSettlement,
} from '../../../src/resolvers/batches/stage-settlement.ts'
import { registerEventType } from '../../../src/resolvers/event-types/event-types.ts'
import { createTestContext } from '../../support/context.ts'
import { createTestDatabase, type EngineName, eachEngine } from '../../support/database.ts'
import { until, withDeadline } from '../../support/deadline.ts'

const database = 'main'
const where = { database, queue: 'q', consumer: 'c' }

/** A batch of six events that is open for the plain consumer `c` of `q`, a group `g` that has one ready, and queues `a` and `b`. */
async function setUp(engine: EngineName = 'sql-18') {
  const fixture = await createTestDatabase(engine)
  const live = await fixture.open()
  const context = createTestContext(live)
  const client = await fixture.connect()
  const names = async (text: string, values: unknown[] = []): Promise<string[]> =>
    (await client.query({ text, values, rowMode: 'array' })).rows.map(([name]) => name)
  await client.query(
    `select pgq.create_queue(name) from unnest('{q,a,b}'::text[]) name;
     select pgq.register_consumer('q', 'c'), pgq_coop.register_subconsumer('q', 'g', 'one')`,
  )
  await client.query(`select pgq.insert_event('q', null, n::text) from generate_series(1, 6) n`)
  await client.query(`select pgq_gateway.tick('q', true)`)
  const open = async () => {
    const batch = await nextBatch(context, where)
    return { database, batchId: batch?.batchId ?? '', leaseToken: batch?.leaseToken ?? '' }
  }
  const batch = await open()
  const eventIds = await names('select ev_id from pgq.get_batch_events($1) order by 1', [batch.batchId])
  const eventId = (n: number) => eventIds[n] ?? ''
  return {
    fixture,
    live,
    context,
    client,
    names,
    open,
    batch,
    eventId,
    stage: (part: number, input: Partial<StageSettlementInput> = {}) =>
      stageSettlement(context, { ...batch, part, ...input }),
    finish: (stagedParts: number[] | null, input: Partial<FinishBatchInput> = {}) =>
      finishBatch(context, { ...batch, stagedParts, ...input }),
    /** What anybody can see of a settlement. */
    seen: async () => ({
      a: await names(`select ev_data from ${await tableOf('a')} order by ev_id`),
      b: await names(`select ev_data from ${await tableOf('b')} order by ev_id`),
      retries: await names('select ev_data from pgq.retry_queue order by ev_id'),
      deadLetters: await names(
        `select ev_data || ' ' || reason from pgq_gateway.dead_letter order by dead_letter_id`,
      ),
    }),
    parts: () => names('select part from pgq_gateway.staged_part order by 1'),
    [Symbol.asyncDispose]: async () => {
      await client.end()
      await live.close()
      await fixture[Symbol.asyncDispose]()
    },
  }

  async function tableOf(queue: string) {
    return (await names('select pgq.current_event_table($1)', [queue]))[0]
  }
}

const nothing = { a: [], b: [], retries: [], deadLetters: [] }
const to = (queue: string, ...texts: string[]) => texts.map((data) => ({ queue, data }))
const lost = { code: 'NOT_FOUND', field: 'stagedParts' }

describe.each(eachEngine)('a settlement in parts on %s', (engine) => {
  test('happens when the batch is finished, whole, once, and in the order of its parts', async () => {
    await using t = await setUp(engine)
    const retries = (n: number) => [{ eventId: t.eventId(n), afterSeconds: 60 }]
    const failures = (n: number, reason: string) => [{ eventId: t.eventId(n), reason }]
    expect(
      await t.stage(7, { publish: [...to('a', '3'), ...to('b', '4')], failures: failures(0, 'first') }),
    ).toBe(true)
    expect(await t.stage(-1, { publish: to('a', '1', '2'), retries: retries(1) })).toBe(true)
    expect(await t.stage(3, { retries: retries(2), failures: failures(3, 'later') })).toBe(true)
    expect(await t.seen()).toEqual(nothing)
    const own = { publish: to('a', '5'), retries: retries(4), failures: failures(5, 'last') }
    expect(await t.finish([-1, 7, 3], own)).toBe(true)
    const seen = {
      a: ['1', '2', '3', '5'],
      b: ['4'],
      retries: ['2', '3', '5'],
      deadLetters: ['1 first', '4 later', '6 last'],
    }
    expect(await t.seen()).toEqual(seen)
    expect(await t.parts()).toEqual([])
    // Replies were lost.
    expect(await t.finish([-1, 7, 3], own)).toBe(false)
    expect(await t.stage(7, { publish: to('a', '3') })).toBe(false)
    expect(await t.seen()).toEqual(seen)
    expect(await t.parts()).toEqual([])
  })

  test('has the latest of a part that is repeated, and none that the finish does not name', async () => {
    await using t = await setUp(engine)
    await t.stage(1, { publish: to('a', 'early') })
    await t.stage(2, { publish: to('a', 'not named') })
    await t.stage(1, { publish: to('a', 'late') })
    expect(await t.parts()).toEqual([1, 2])
    expect(await t.finish([1])).toBe(true)
    expect(await t.seen()).toEqual({ ...nothing, a: ['late'] })
    expect(await t.parts()).toEqual([])
  })

  test('has no part that another one replaces', async () => {
    await using t = await setUp(engine)
    for (const part of [1, 2, 3]) await t.stage(part, { publish: to('a', `${part}`) })
    await t.stage(4, { publish: to('a', '4'), replaces: [2, 3, 99] })
    expect(await t.parts()).toEqual([1, 4])
    await expect(t.finish([1, 2, 4])).rejects.toMatchObject(lost)
    expect(await t.finish([1, 4])).toBe(true)
    expect(await t.seen()).toEqual({ ...nothing, a: ['1', '4'] })
  })

  test('takes parts that come at the same time, also the same one twice', async () => {
    await using t = await setUp(engine)
    const staged = [1, 2, 1, 2, 3].map((part) => t.stage(part, { publish: to('a', `${part}`) }))
    expect(await Promise.all(staged)).toEqual([true, true, true, true, true])
    expect(await t.finish([1, 2, 3])).toBe(true)
    expect(await t.seen()).toEqual({ ...nothing, a: ['1', '2', '3'] })
  })

  test('is refused while a part is missing, as after a crash of the database, and goes on when it is there', async () => {
    await using t = await setUp(engine)
    await t.stage(1, { publish: to('a', '1') })
    await expect(t.finish([1, 2], { publish: to('b', 'own') })).rejects.toMatchObject(lost)
    // A crash does this to a table that is not logged.
    expect(await t.names(`select relpersistence from pg_class where relname = 'staged_part'`)).toEqual(['u'])
    await t.client.query('truncate pgq_gateway.staged_part')
    await t.stage(2, { publish: to('a', '2') })
    await expect(t.finish([1, 2])).rejects.toMatchObject(lost)
    expect(await t.seen()).toEqual(nothing)
    await t.stage(1, { publish: to('a', '1') })
    expect(await t.finish([1, 2])).toBe(true)
    expect(await t.seen()).toEqual({ ...nothing, a: ['1', '2'] })
  })

  test('is lost with its lease, when the batch is opened again', async () => {
    await using t = await setUp(engine)
    await t.stage(1, { publish: to('a', '1') })
    const again = await t.open()
    expect(again.batchId).toBe(t.batch.batchId)
    expect(await t.parts()).toEqual([])
    await expect(t.stage(1)).rejects.toMatchObject({ code: 'STALE_LEASE' })
    await expect(t.finish([1])).rejects.toMatchObject({ code: 'STALE_LEASE' })
    await expect(t.finish([1], again)).rejects.toMatchObject(lost)
    expect(await t.finish(null, again)).toBe(true)
    expect(await t.seen()).toEqual(nothing)
  })

  test('of a member is lost when another member takes the batch over', async () => {
    await using t = await setUp(engine)
    const member = { database, queue: 'q', consumer: 'g' }
    const mine = await nextCoopBatch(t.context, { ...member, subconsumer: 'one' })
    const held = { batchId: mine?.batchId ?? '', leaseToken: mine?.leaseToken ?? '' }
    await t.stage(1, { ...held, publish: to('a', '1') })
    await t.client.query(`update pgq.subscription set sub_active = now() - interval '1 hour'`)
    const taken = await nextCoopBatch(t.context, { ...member, subconsumer: 'two', deadIntervalSeconds: 1 })
    expect(taken).not.toBeNull()
    await expect(t.finish([1], held)).rejects.toMatchObject({ code: 'STALE_LEASE' })
    const theirs = { batchId: taken?.batchId ?? '', leaseToken: taken?.leaseToken ?? '' }
    await expect(t.finish([1], theirs)).rejects.toMatchObject(lost)
    await t.stage(1, { ...theirs, publish: to('a', 'theirs') })
    expect(await t.names('select token from pgq_gateway.staged_part')).toEqual([theirs.leaseToken])
    expect(await t.finish([1], theirs)).toBe(true)
    expect(await t.seen()).toEqual({ ...nothing, a: ['theirs'] })
  })

  test.each([
    ['is finished without them', (t: Setting) => t.finish(null)],
    [
      'belongs to a consumer that is unregistered',
      (t: Setting) => t.client.query(`select pgq_gateway.unregister_consumer('q', 'c')`),
    ],
    [
      'belongs to a queue that is dropped',
      (t: Setting) => t.client.query(`select pgq_gateway.drop_queue('q', true)`),
    ],
  ])('leaves no parts behind when the batch %s', async (_what, end) => {
    await using t = await setUp(engine)
    await t.stage(1, { publish: to('a', '1') })
    await end(t)
    expect(await t.parts()).toEqual([])
    expect(await t.seen()).toMatchObject({ a: [] })
  })

  test('leaves no parts of a member that is unregistered', async () => {
    await using t = await setUp(engine)
    const mine = await nextCoopBatch(t.context, { database, queue: 'q', consumer: 'g', subconsumer: 'one' })
    await t.stage(1, { batchId: mine?.batchId ?? '', leaseToken: mine?.leaseToken ?? '' })
    await t.client.query(`select pgq_gateway.unregister_subconsumer('q', 'g', 'one', 'RETRY_EVENTS')`)
    expect(await t.parts()).toEqual([])
  })

  test('leaves no parts for long when PgQ closes the batch past the gateway', async () => {
    await using t = await setUp(engine)
    await t.stage(1, { publish: to('a', '1') })
    await t.client.query('select pgq.finish_batch($1)', [t.batch.batchId])
    const mine = await nextCoopBatch(t.context, { database, queue: 'q', consumer: 'g', subconsumer: 'one' })
    await t.stage(2, { batchId: mine?.batchId ?? '', leaseToken: mine?.leaseToken ?? '' })
    expect(await t.parts()).toEqual([2])
  })

  test('is checked again when the event types of its queues change after it was staged', async () => {
    await using t = await setUp(engine)
    const typed = (n: number) => ({ queue: 'a', type: 't', json: { n } })
    const publish = [...to('a', 'untyped'), typed(1), typed(2)]
    await t.stage(1, { publish: to('b', 'b') })
    await t.stage(2, { publish })
    const registering = await t.fixture.open()
    const schema = { type: 'object', properties: { n: { const: 1 } } }
    const type = { database, queue: 'a', type: 't', schema, enforce: true, force: false }
    await registerEventType(createTestContext(registering), type)
    await registering.close()
    await expect(t.finish([1, 2])).rejects.toMatchObject({
      ...lost,
      message: expect.stringContaining('part 2'),
    })
    // Of this gateway, which has not heard of the type.
    await expect(t.stage(2, { publish })).rejects.toMatchObject({
      code: 'INVALID_PAYLOAD',
      field: 'publish[2].json',
    })
    expect(await t.seen()).toEqual(nothing)
    await t.stage(2, { publish: publish.slice(0, 2) })
    expect(await t.finish([1, 2])).toBe(true)
    expect(await t.seen()).toEqual({ ...nothing, a: ['untyped', '{"n":1}'], b: ['b'] })
  })

  test('names the fault of a part when it is staged, and the part does not count', async () => {
    await using t = await setUp(engine)
    await t.stage(1, { publish: to('a', '1') })
    const event = { eventId: '999999', afterSeconds: 1 }
    const refused = (input: Partial<StageSettlementInput>, fault: object) =>
      expect(t.stage(2, input)).rejects.toMatchObject(fault)
    await refused({ retries: [event] }, { code: 'EVENT_NOT_FOUND' })
    await refused({ failures: [event] }, { code: 'EVENT_NOT_FOUND' })
    await refused({ publish: to('nowhere', 'x') }, { code: 'QUEUE_NOT_FOUND', field: 'queue' })
    await refused({ publish: [{ queue: 'a' }] }, { code: 'BAD_INPUT', field: 'publish[0].data' })
    await refused(
      { retries: [{ eventId: t.eventId(0), afterSeconds: -1 }] },
      { code: 'BAD_INPUT', field: 'retries[0].afterSeconds' },
    )
    const named = { eventId: t.eventId(0) }
    const retries = [{ ...named, afterSeconds: 1 }]
    await refused({ retries, failures: [named] }, { code: 'BAD_INPUT', field: 'retries' })
    await refused({ failures: [named, named] }, { code: 'BAD_INPUT', field: 'retries' })
    await refused({ leaseToken: 'mine' }, { code: 'BAD_INPUT', field: 'leaseToken' })
    await refused({ leaseToken: crypto.randomUUID() }, { code: 'STALE_LEASE' })
    await t.client.query(`update pgq.queue set queue_disable_insert = true where queue_name = 'b'`)
    await refused({ publish: to('b', 'x') }, { code: 'QUEUE_DISABLED' })
    await t.client.query('update pgq.queue set queue_disable_insert = false')
    await expect(t.finish([1, 2])).rejects.toMatchObject(lost)
    expect(await t.finish([1])).toBe(true)
    expect(await t.seen()).toMatchObject({ a: ['1'] })
  })

  test('is refused whole when a queue is gone at the finish, or an event is named by two parts', async () => {
    await using t = await setUp(engine)
    await t.stage(1, {
      publish: to('a', '1'),
      retries: [{ eventId: t.eventId(0), afterSeconds: 1 }],
      failures: [{ eventId: t.eventId(1), reason: 'no' }],
    })
    for (const again of [0, 1]) {
      await t.stage(2, { failures: [{ eventId: t.eventId(again) }] })
      await expect(t.finish([1, 2])).rejects.toMatchObject({ code: 'BAD_INPUT', field: 'stagedParts' })
      expect(await t.seen()).toEqual(nothing)
    }
    const own = { failures: [{ eventId: t.eventId(1) }] }
    await expect(t.finish([1], own)).rejects.toMatchObject({ code: 'BAD_INPUT', field: 'stagedParts' })
    await t.stage(3, { publish: to('b', '1') })
    await t.client.query(`select pgq_gateway.drop_queue('b', true)`)
    await expect(t.finish([1, 3])).rejects.toMatchObject({ code: 'QUEUE_NOT_FOUND' })
    expect(await t.names('select ev_data from pgq.retry_queue')).toEqual([])
    expect(await t.finish([1])).toBe(true)
  })
})

type Setting = Awaited<ReturnType<typeof setUp>>

describe('a settlement in parts', () => {
  test('needs a lease, parts that are named once, and no more of them than entries in a request', async () => {
    await using t = await setUp()
    await t.stage(1)
    await expect(t.finish([1, 1])).rejects.toMatchObject({ code: 'BAD_INPUT', field: 'stagedParts' })
    await expect(t.finish([1], { leaseToken: null })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      field: 'leaseToken',
    })
    const tight = createTestContext(t.live, { maxEventsPerRequest: 2 })
    await expect(finishBatch(tight, { ...t.batch, stagedParts: [1, 2, 3] })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      field: 'stagedParts',
    })
    const publish = to('a', '1', '2', '3')
    await expect(stageSettlement(tight, { ...t.batch, part: 1, publish })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      field: 'publish',
    })
    // No parts are none that must be there.
    expect(await t.finish([], { leaseToken: t.batch.leaseToken })).toBe(true)
  })

  test('is limited to 256 MiB together, in which a part that is replaced does not count', async () => {
    await using t = await setUp()
    await t.stage(1, { publish: to('a', 'x'.repeat(1_000)) })
    const [size] = await t.names('select size from pgq_gateway.staged_part')
    expect(Number(size)).toBeGreaterThan(1_000)
    expect(Number(size)).toBeLessThan(1_500)
    await t.client.query('update pgq_gateway.staged_part set size = 256 * 1024 * 1024 - 500')
    await expect(t.stage(2, { publish: to('a', 'x'.repeat(1_000)) })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      field: 'part',
    })
    expect(await t.stage(1, { publish: to('a', 'x'.repeat(1_000)) })).toBe(true)
    expect(await t.stage(2, { publish: to('a', 'x'.repeat(1_000)) })).toBe(true)
  })

  test('is FORBIDDEN at the finish, and the batch stays open, when a constraint of the operator refuses an event', async () => {
    await using t = await setUp()
    const [table] = await t.names(`select pgq.current_event_table('a')`)
    await t.client.query(`alter table ${table} add constraint no_x check (ev_data <> 'x')`)
    await t.stage(1, { publish: to('b', '1') })
    await t.stage(2, { publish: to('a', 'x') })
    await expect(t.finish([1, 2])).rejects.toMatchObject({ code: 'FORBIDDEN' })
    expect(await t.seen()).toEqual(nothing)
    expect(await t.finish([1])).toBe(true)
  })

  test('may be staged and finished through different gateways, and the ticker hears of what it publishes', async () => {
    await using t = await setUp()
    const [staging, listening] = [await t.fixture.open(), await t.fixture.open()]
    try {
      await until(() => listening.feed.isLive, 'a live feed')
      const heard = withDeadline(once(listening.feed, 'published'), 'a notice')
      await stageSettlement(createTestContext(staging), { ...t.batch, part: 1, publish: to('a', '1') })
      await staging.close()
      expect(await t.finish([1])).toBe(true)
      expect(await heard).toEqual([{ queue: null }])
    } finally {
      await staging.close()
      await listening.close()
    }
  })

  test('costs a settlement without parts no look at them', async () => {
    await using t = await setUp()
    await t.client.query('begin; lock table pgq_gateway.staged_part in access exclusive mode')
    const settled = t.finish(null, {
      publish: to('a', '1'),
      retries: [{ eventId: t.eventId(0), afterSeconds: 1 }],
      failures: [{ eventId: t.eventId(1) }],
    })
    expect(await withDeadline(settled, 'the settlement')).toBe(true)
    await t.client.query('commit')
  })
})
