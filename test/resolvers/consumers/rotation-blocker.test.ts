import { describe, expect, test } from 'vitest'
import { createCaller } from '../../../src/caller.ts'
import { nextBatch } from '../../../src/resolvers/batches/next-batch.ts'
import { describeBlocker, findRotationBlocker } from '../../../src/resolvers/consumers/rotation-blocker.ts'
import { measureEventTables } from '../../../src/resolvers/queues/event-table-sizes.ts'
import { requireQueue } from '../../../src/resolvers/queues/queues.ts'
import { setUpConsumer } from '../../pubsub/batches/consumer-fixture.ts'
import { createTestContext } from '../../support/context.ts'
import { availableEngines, type EngineName } from '../../support/database.ts'

/** A queue `q` with a consumer `c`, whose tables rotated a day ago, after the consumer's position. */
async function setUp(engine: EngineName) {
  const fixture = await setUpConsumer([], engine)
  const { client, context } = fixture
  const run = async (text: string) => (await client.query(text)).rows
  const queue = await requireQueue(context, 'main', 'q')
  return {
    ...fixture,
    run,
    queue,
    rotate: async () => {
      await run(`update pgq.queue set queue_switch_time = now() - interval '1 day',
        queue_switch_step2 = txid_current()`)
    },
    cut: () => run(`select pgq.force_tick('q'), pgq.ticker('q')`),
    blocker: () => findRotationBlocker(context, queue),
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  }
}

describe.each(availableEngines)('what blocks rotation on %s', (engine) => {
  test('is nothing, a missing tick, a consumer that is behind, or its open batch', async () => {
    await using t = await setUp(engine)
    expect(await t.blocker()).toBeNull()
    await t.rotate()
    expect(await t.blocker()).toMatchObject({ kind: 'NO_TICK', consumer: null, session: null })
    await t.run(`select pgq.insert_event('q', 'x', 'y')`)
    await t.cut()
    const behind = await t.blocker()
    expect(behind).toMatchObject({ kind: 'CONSUMER_BEHIND', consumer: { name: 'c' } })
    expect(behind && describeBlocker(behind)).toContain('Consumer c is behind')
    await nextBatch(t.context, { database: 'main', queue: 'q', consumer: 'c' })
    expect(await t.blocker()).toMatchObject({ kind: 'OPEN_BATCH', consumer: { name: 'c' } })
    await t.run(`select pgq.finish_batch(sub_batch) from pgq.subscription`)
    expect(await t.blocker()).toBeNull()
    const { filledTables, bytes } = await measureEventTables(t.context.database('main'), t.queue.queueId)
    expect(filledTables).toBe(1)
    expect(Number(bytes)).toBeGreaterThan(8_192)
  })

  test('may be a transaction that has an id since before the rotation', async () => {
    await using t = await setUp(engine)
    const other = await t.fixture.connect()
    await other.query('begin')
    await other.query('select txid_current()')
    await t.rotate()
    await t.cut()
    expect(await t.blocker()).toMatchObject({
      kind: 'LONG_TRANSACTION',
      consumer: null,
      session: expect.stringContaining('idle in transaction'),
    })
    const reader = createCaller({ name: 'reader', grants: ['stats:main'] })
    expect(await findRotationBlocker(createTestContext(t.live, {}, reader), t.queue)).toMatchObject({
      kind: 'LONG_TRANSACTION',
      session: null,
    })
    await other.query('rollback')
    await other.end()
  })
})
