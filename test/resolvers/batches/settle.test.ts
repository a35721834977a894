import { describe, expect, test } from 'vitest'
import { untilAvailable } from '../../../src/postgres/outage.ts'
import { finishBatch } from '../../../src/resolvers/batches/finish-batch.ts'
import { heldBy, idOf, next, openStream, setUpConsumer } from '../../pubsub/batches/consumer-fixture.ts'
import { createTestContext } from '../../support/context.ts'
import { availableEngines } from '../../support/database.ts'
import { until, withDeadline } from '../../support/deadline.ts'

/** Held in the server: what settles a batch waits for its row. */
async function blockSettling(t: Awaited<ReturnType<typeof setUpConsumer>>) {
  const blocker = await t.fixture.connect()
  await blocker.query('begin; select from pgq.subscription for update')
  const waiting = `select from pg_stat_activity
    where query like '%finish%' and wait_event_type = 'Lock' and datname = current_database()`
  return {
    reached: (count = 1) =>
      until(async () => (await t.client.query(waiting)).rowCount === count, 'settlings that wait'),
    release: async () => {
      await blocker.query('commit')
      await blocker.end()
    },
  }
}

describe.each(availableEngines)('the next batch of a stream on %s', (engine) => {
  test('is opened by the statement that settles the one before, whatever it settles', async () => {
    await using t = await setUpConsumer(['one', 'two', 'three'], engine)
    const stream = t.open()
    const one = await next(stream)
    const [event] = (await t.client.query('select ev_id from pgq.get_batch_events($1)', [one.batchId])).rows
    const failures = [{ eventId: event.ev_id, reason: 'no good' }]
    expect(await t.finish(one, { failures })).toBe(true)
    expect((await t.client.query('select from pgq_gateway.dead_letter')).rowCount).toBe(1)
    // Nobody has asked for it yet.
    const opened = await t.openBatches()
    const two = await next(stream)
    expect(opened.map(({ batchId }) => batchId)).toEqual([two.batchId])
    expect(await t.typesOf(two)).toEqual(['two'])
    expect(two).toEqual({
      ...two,
      database: 'main',
      queueName: 'q',
      consumerName: 'c',
      prevTickId: one.tickId,
      startTime: one.endTime,
      seqStart: one.seqEnd,
    })
    await expect(t.finish({ ...two, leaseToken: one.leaseToken })).rejects.toMatchObject({
      code: 'STALE_LEASE',
    })
    expect(await t.finish(two)).toBe(true)
    expect(await t.typesOf(await next(stream))).toEqual(['three'])
  })

  test('may fail to be opened, and the one before is settled all the same', async () => {
    await using t = await setUpConsumer(['one', 'two'], engine)
    const stream = t.open()
    const one = await next(stream)
    await t.client.query('delete from pgq.tick where tick_id = $1', [one.tickId])
    expect(await t.finish(one)).toBe(true)
    await expect(withDeadline(stream.next(), 'the end')).rejects.toThrow()
    expect(await t.openBatches()).toEqual([])
    const { rows } = await t.client.query('select sub_last_tick as tick from pgq.subscription')
    expect(rows).toEqual([{ tick: one.tickId }])
  })
})

describe('the next batch of a stream', () => {
  test('is opened only when it is as the stream wants it', async () => {
    await using t = await setUpConsumer(['one', 'two'])
    await t.client.query(`update pgq.tick set tick_time = tick_time - interval '1 hour'`)
    await t.publish('three')
    const stream = t.open({ minLagSeconds: 1_800 })
    expect(await t.finish(await next(stream))).toBe(true)
    expect(await t.openBatches()).toHaveLength(1)
    expect(await t.finish(await next(stream))).toBe(true)
    expect(await t.openBatches()).toEqual([])
    await stream.return()
    expect(await t.typesOf(await next(t.open({ standby: true })))).toEqual(['three'])
  })

  test('is opened together with what follows from the one before, unless that is refused', async () => {
    await using t = await setUpConsumer(['one', 'two'])
    const stream = t.open()
    const one = await next(stream)
    const publish = (queue: string) => ({ publish: [{ queue, type: 'three' }] })
    await expect(t.finish(one, publish('nowhere'))).rejects.toMatchObject({ code: 'QUEUE_NOT_FOUND' })
    expect(await t.openBatches()).toEqual([idOf(one)])
    expect(await t.finish(one, publish('q'))).toBe(true)
    const opened = await t.openBatches()
    const two = await next(stream)
    expect(opened.map(({ batchId }) => batchId)).toEqual([two.batchId])
    await t.client.query(`select pgq_gateway.tick('q', true)`)
    expect(await t.finish(two)).toBe(true)
    expect(await t.typesOf(await next(stream))).toEqual(['three'])
  })

  test('comes later when there is none yet', async () => {
    await using t = await setUpConsumer(['one'])
    const stream = t.open()
    expect(await t.finish(await next(stream))).toBe(true)
    const waiting = next(stream)
    await t.publish('two')
    expect(await t.typesOf(await waiting)).toEqual(['two'])
  })

  test('is opened once for two settlements at the same time', async () => {
    await using t = await setUpConsumer(['one', 'two', 'three'])
    const stream = t.open()
    const one = await next(stream)
    const block = await blockSettling(t)
    const settlements = [t.finish(one), t.finish(one)]
    await block.reached(2)
    await block.release()
    expect((await Promise.all(settlements)).sort()).toEqual([false, true])
    const two = await next(stream)
    expect(await t.typesOf(two)).toEqual(['two'])
    expect(await t.openBatches()).toEqual([idOf(two)])
    expect(await t.finish(two)).toBe(true)
    expect(await t.typesOf(await next(stream))).toEqual(['three'])
  })

  test('is opened by nobody for a settlement with a stale token, which settles nothing', async () => {
    await using t = await setUpConsumer(['one', 'two'])
    const stream = t.open()
    const one = await next(stream)
    // As by another gateway that takes this one for dead.
    const { rows } = await t.client.query(
      `select (pgq_gateway._open_lease(sub_queue, sub_consumer, sub_batch, 1)).lease_token from pgq.subscription`,
    )
    await expect(t.finish(one)).rejects.toMatchObject({ code: 'STALE_LEASE' })
    const held = { ...one, leaseToken: rows[0].lease_token }
    expect(await t.openBatches()).toEqual([idOf(held)])
    expect(await t.finish(held)).toBe(true)
    expect(await t.openBatches()).toEqual([])
  })

  test('is left alone by a settlement that is refused, and opened by the one that follows', async () => {
    await using t = await setUpConsumer(['one', 'two'])
    const stream = t.open()
    const one = await next(stream)
    const failures = [{ eventId: '999999' }]
    await expect(t.finish(one, { failures })).rejects.toMatchObject({ code: 'EVENT_NOT_FOUND' })
    expect(await t.openBatches()).toEqual([idOf(one)])
    expect(await t.finish(one)).toBe(true)
    const opened = await t.openBatches()
    const two = await next(stream)
    expect(opened.map(({ batchId }) => batchId)).toEqual([two.batchId])
    expect(await t.typesOf(two)).toEqual(['two'])
  })

  test('is not opened for a stream that has given its claim back meanwhile', async () => {
    await using t = await setUpConsumer(['one', 'two'])
    const stream = t.open()
    const one = await next(stream)
    const block = await blockSettling(t)
    const settlement = t.finish(one)
    await block.reached()
    await stream.return()
    await stream.closed
    await block.release()
    expect(await settlement).toBe(true)
    expect(await t.openBatches()).toEqual([])
    expect(await t.typesOf(await next(t.open()))).toEqual(['two'])
  })

  test('stays open for whoever comes next when the stream ends before it is handed over', async () => {
    await using t = await setUpConsumer(['one', 'two'])
    const stream = t.open()
    const one = await next(stream)
    const hold = t.proxy.hold('finish-batch-and-next')
    const settlement = t.finish(one)
    await hold.reached()
    hold.keepAnswers()
    await hold.reached()
    const opened = await t.openBatches()
    expect(opened).toHaveLength(1)
    expect(opened).not.toEqual([idOf(one)])
    await stream.return()
    await stream.closed
    const heir = t.open()
    const two = await next(heir)
    hold.release()
    expect(await settlement).toBe(true)
    expect(opened.map(({ batchId }) => batchId)).toEqual([two.batchId])
    expect(await t.typesOf(two)).toEqual(['two'])
    // The answer that came late is not the heir's business.
    expect(await t.finish(two)).toBe(true)
    await t.publish('three')
    expect(await t.typesOf(await next(heir))).toEqual(['three'])
    expect(heldBy(t.live)).toMatchObject({ leases: 1, claims: 1 })
  })

  test('is opened anew when the answer of the settlement was late', async () => {
    await using t = await setUpConsumer(['one', 'two'])
    const stream = t.open()
    const one = await next(stream)
    const hold = t.proxy.hold('finish-batch-and-next')
    const askedAt = performance.now()
    const settlement = t.finish(one)
    await hold.reached()
    hold.keepAnswers()
    await hold.reached()
    const [opened] = await t.openBatches()
    await until(() => performance.now() - askedAt > 1_050, 'a second to pass')
    hold.release()
    expect(await settlement).toBe(true)
    const two = await next(stream)
    expect(two.batchId).toBe(opened?.batchId)
    expect(two.leaseToken).not.toBe(opened?.leaseToken)
    expect(await t.finish(two)).toBe(true)
  })

  test('is opened anew when the answer of the settlement was lost', async () => {
    await using t = await setUpConsumer(['one', 'two'])
    const stream = t.open()
    const one = await next(stream)
    const hold = t.proxy.hold('finish-batch-and-next')
    const settlement = t.finish(one)
    settlement.catch(() => {})
    await hold.reached()
    hold.keepAnswers()
    await hold.reached()
    const opened = await t.openBatches()
    t.proxy.reset()
    await expect(settlement).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    hold.release()
    // Its gateway listens anew, and asks what has become of its leases.
    // Another connection of the pool may have been reset with it, and not know yet.
    expect(await untilAvailable(new AbortController().signal, () => t.finish(one))).toBe(false)
    const two = await next(stream)
    expect(opened.map(({ batchId }) => batchId)).toEqual([two.batchId])
    expect(await t.finish(two)).toBe(true)
  })

  test('goes to the one that has taken the consumer over', async () => {
    await using t = await setUpConsumer(['one', 'two'])
    const stream = t.open({ standby: true })
    const one = await next(stream)
    const other = crypto.randomUUID()
    await t.client.query('update pgq_gateway.stream set stream_id = $1', [other])
    expect(await t.finish(one)).toBe(true)
    expect(await t.openBatches()).toEqual([])
    const waiting = next(stream)
    await t.client.query('select pgq_gateway.release_streams($1)', [[other]])
    expect(await t.typesOf(await waiting)).toEqual(['two'])
  })

  test('goes to a standby when the gateway of the settlement shuts down meanwhile', async () => {
    await using t = await setUpConsumer(['one', 'two'])
    const one = await next(t.open())
    const block = await blockSettling(t)
    const settlement = t.finish(one)
    await block.reached()
    const closed = t.live.close()
    await block.release()
    expect(await settlement).toBe(true)
    await closed
    const survivor = await t.fixture.open()
    const heir = openStream(createTestContext(survivor), { standby: true })
    expect(await t.typesOf(await next(heir))).toEqual(['two'])
    await survivor.close()
  })

  test('is asked for by the stream itself when another gateway has settled the one before', async () => {
    await using t = await setUpConsumer(['one', 'two'])
    const stream = t.open()
    const one = await next(stream)
    const other = await t.fixture.open()
    const { batchId, leaseToken } = one
    const input = { database: 'main', batchId, leaseToken }
    expect(await finishBatch(createTestContext(other), input)).toBe(true)
    await other.close()
    expect(await t.typesOf(await next(stream))).toEqual(['two'])
  })

  test('is not missed by a settlement for a queue that was dropped', async () => {
    await using t = await setUpConsumer(['one', 'two'])
    const stream = t.open()
    const one = await next(stream)
    await t.client.query(`select pgq_gateway.drop_queue('q', true)`)
    await expect(t.finish(one)).rejects.toMatchObject({ code: 'STALE_LEASE' })
    await t.client.query(`select pg_notify('pgq_gateway', '{"kind":"settled","queue":null}')`)
    await expect(withDeadline(stream.next(), 'the end')).rejects.toMatchObject({ code: 'QUEUE_NOT_FOUND' })
  })
})

test('a batch that the caller may not settle is refused in the words for any other batch', async () => {
  await using t = await setUpConsumer(['one'])
  const { batchId } = await next(t.open())
  const readUnknown = `pgq_gateway.batch_events(404, null)`
  const stranger = '00000000-0000-4000-8000-000000000001'
  const finish = (token: string) =>
    `pgq_gateway.finish_batch(${batchId}, ${token}, null, '{}', '{}', '{}', '{}')`
  const refusal = (call: string) => t.client.query(`select ${call}`).catch(({ message }) => message)
  expect(await refusal(readUnknown)).toBe('This batch is not open: it was finished, or never existed')
  expect(await refusal(finish('null'))).toBe('This batch is held under a lease; pass its leaseToken')
  expect(await refusal(finish(`'${stranger}'`))).toBe(
    'This lease has ended: another worker opened the batch after it, or settled it',
  )
})
