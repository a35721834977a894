import { describe, expect, test } from 'vitest'
import { finishBatch } from '../../../src/resolvers/batches/finish-batch.ts'
import type { BatchRow } from '../../../src/resolvers/batches/open-batch.ts'
import { next, openStream } from '../../pubsub/batches/consumer-fixture.ts'
import { createTestContext } from '../../support/context.ts'
import { availableEngines, createTestDatabase, type EngineName } from '../../support/database.ts'
import { until, withDeadline } from '../../support/deadline.ts'

/** Members `a`, `b` and `c` of a group, each with a stream that waits for its first batch. */
async function setUp(engine: EngineName = 'sql-18') {
  const fixture = await createTestDatabase(engine)
  const live = await fixture.open()
  const context = createTestContext(live)
  const client = await fixture.connect()
  const blocker = await fixture.connect()
  await client.query(`select pgq.create_queue('q')`)
  const streams = ['a', 'b', 'c'].map((subconsumer) =>
    openStream(context, { consumer: 'g', subconsumer, standby: true }),
  )
  const batches = streams.map((stream) => next(stream))
  for (const batch of batches) batch.catch(() => {})
  await until(() => live.takeovers.size === streams.length, 'members that wait')
  return {
    fixture,
    live,
    context,
    client,
    blocker,
    streams,
    batches,
    /** Has the first open wait for the group's lock, and the others for the first; then there are `count` batches. */
    async gather(count: number) {
      await blocker.query(
        `begin; select from pgq.subscription s join pgq.consumer on co_id = sub_consumer where co_name = 'g' for update of s`,
      )
      for (let n = 0; n < count; n++) await client.query(`select pgq_gateway.tick('q', true)`)
      await until(async () => (await this.waiting()) > 0, 'an open that waits')
      await until(() => live.takeovers.size === 0, 'the others to ask')
    },
    waiting: async (): Promise<number> => {
      const { rows } = await client.query(
        `select count(*)::int4 as count from pg_stat_activity
          where query like '%next_coop_batch%' and wait_event_type = 'Lock' and datname = current_database()`,
      )
      return rows[0].count
    },
    [Symbol.asyncDispose]: async () => {
      await blocker.end()
      await client.end()
      await live.close()
      await fixture[Symbol.asyncDispose]()
    },
  }
}

const memberOf = ({ consumerName }: BatchRow) => consumerName

describe.each(availableEngines)('members that wait for each other to open a batch on %s', (engine) => {
  test('share the next transaction, and each has a batch and a lease of its own', async () => {
    await using t = await setUp(engine)
    await t.gather(3)
    expect(await t.waiting()).toBe(1)
    await t.blocker.query('commit')
    const opened = await Promise.all(t.batches)
    expect(opened.map(memberOf)).toEqual(['g.a', 'g.b', 'g.c'])
    expect(new Set(opened.map(({ batchId }) => batchId)).size).toBe(3)
    const { rows } = await t.client.query(
      'select count(*)::int4 as leases, count(distinct xmin::text)::int4 as transactions from pgq_gateway.lease',
    )
    expect(rows).toEqual([{ leases: 3, transactions: 2 }])
    for (const { batchId, leaseToken } of opened)
      expect(await finishBatch(t.context, { database: 'main', batchId, leaseToken })).toBe(true)
  })
})

describe('members that wait for each other to open a batch', () => {
  test('get theirs though one of them has lost its claim, which claims again', async () => {
    await using t = await setUp()
    await t.gather(3)
    await t.client.query(
      `delete from pgq_gateway.stream s using pgq.consumer where co_id = consumer_id and co_name = 'g.b'`,
    )
    await t.blocker.query('commit')
    expect((await Promise.all(t.batches)).map(memberOf)).toEqual(['g.a', 'g.b', 'g.c'])
  })

  test('leave none with one whose stream has ended before its turn', async () => {
    await using t = await setUp()
    await t.gather(3)
    await t.streams[1]?.return()
    await t.blocker.query('commit')
    await expect(t.batches[1]).rejects.toThrow('the stream is over')
    const opened = await Promise.all([t.batches[0], t.batches[2]])
    const { rows } = await t.client.query(
      'select sub_batch from pgq.subscription where sub_batch is not null order by 1',
    )
    expect(rows.map((row) => row.sub_batch)).toEqual(opened.map((batch) => batch?.batchId))
  })

  test('wait on when there are fewer batches than members', async () => {
    await using t = await setUp()
    await t.gather(1)
    await t.blocker.query('commit')
    const first = await withDeadline(Promise.race(t.batches), 'a batch')
    await until(() => t.live.takeovers.size === 2, 'the others to wait')
    expect(t.live.leases.size).toBe(1)
    await t.client.query(`select pgq_gateway.tick('q', true)`)
    const others = t.batches.filter((_, index) => `g.${'abc'[index]}` !== memberOf(first))
    const second = await withDeadline(Promise.race(others), 'another batch')
    expect(second.prevTickId).toBe(first.tickId)
  })
})
