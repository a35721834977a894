import { expect, test } from 'vitest'
import { createGateway } from '../../src/gateway/gateway.ts'
import { until } from '../support/deadline.ts'
import { testLogger } from '../support/logger.ts'
import { type Fleet, ordersMover, registered, setUpFleet, untilState } from './fleet.ts'

/** A fleet whose mover has moved the event `one` of its only source. */
async function setUpMoved() {
  const fleet = await setUpFleet()
  const gateway = await fleet.start([{}])
  await registered(fleet)
  await fleet.publish('shard_1', ['one'])
  await fleet.arrived(1)
  await fleet.client('shard_1').query(`select pgq_gateway.tick('orders', true)`)
  await finished(fleet)
  return { fleet, gateway }
}

/** Waits until the mover's consumer has finished all that was published to its source. */
async function finished(fleet: Fleet): Promise<void> {
  const shard = fleet.client('shard_1')
  await until(async () => {
    const { rows } = await shard.query(
      `select s.sub_batch is null and s.sub_last_tick = (select max(tick_id) from pgq.tick where tick_queue = s.sub_queue) as is_idle
         from pgq.subscription s`,
    )
    return rows.every((row) => row.is_idle)
  }, 'the last batch to be finished')
}

const ways: { name: string; change: string; reason: RegExp }[] = [
  {
    name: 'was made anew',
    change: `select pgq.drop_queue('orders', true), pgq.create_queue('orders'), pgq.register_consumer('orders', 'm')`,
    reason: /made anew/,
  },
  {
    name: 'was moved on, past events that are not in the target',
    change: `select pgq.insert_event('orders', 'skipped', ''), pgq.force_tick('orders')`,
    reason: /goes on from tick \d+, but only its events up to tick \d+ are here/,
  },
  {
    name: 'was moved back',
    change: `select pgq.register_consumer_at('orders', 'm', (select min(tick_id) from pgq.tick))`,
    reason: /moved back/,
  },
]

test.each(ways)('a source that $name stops, and goes on when it is reset', async ({ change, reason }) => {
  const { fleet, gateway } = await setUpMoved()
  await using _ = fleet
  const shard = fleet.client('shard_1')
  await gateway.movers.close()
  await shard.query(change)
  if (change.includes('skipped')) {
    await shard.query(`select pgq_gateway.tick('orders', true)`)
    await shard.query(`select pgq.unregister_consumer('orders', 'm'), pgq.register_consumer('orders', 'm')`)
  }
  const next = await fleet.start([{}])
  await fleet.publish('shard_1', ['two'])
  expect(await untilState(next, 'stopped')).toMatch(reason)
  expect(await fleet.arrived(1)).toEqual(['one'])

  expect(await next.movers.get('m').reset(null)).toEqual(['shard_1'])
  await until(
    async () => (await fleet.arrivals()).some(({ type }) => type === 'two'),
    'the event after the reset',
  )
  expect(await untilState(next, 'waiting')).toBeNull()
})

test('a source that was restored to an earlier state stops, though its ticks have the same numbers', async () => {
  const { fleet, gateway } = await setUpMoved()
  await using _ = fleet
  await gateway.movers.close()
  // Its last tick before the restore was another one than the tick that has its number now.
  await fleet
    .client('main')
    .query(`update pgq_gateway.mover_source set tick_time = tick_time - interval '1 minute'`)
  const next = await fleet.start([{}])
  await fleet.publish('shard_1', ['two'])
  expect(await untilState(next, 'stopped')).toMatch(/another one than was recorded here/)
  expect(await fleet.arrived(1)).toEqual(['one'])
})

test('a target that was restored to an earlier state stops its sources', async () => {
  const { fleet, gateway } = await setUpMoved()
  await using _ = fleet
  await fleet.client('main').query(`update pgq_ext.completed_tick set last_tick_id = last_tick_id - 1`)
  await fleet.publish('shard_1', ['two'])
  expect(await untilState(gateway, 'stopped')).toMatch(/this target was restored/)
})

test('what is in the target already is not moved again', async () => {
  const { fleet, gateway } = await setUpMoved()
  await using _ = fleet
  await gateway.movers.close()
  const shard = fleet.client('shard_1')
  // The gateway has died after it had written the batch, and before it has finished it.
  await shard.query(
    `update pgq.subscription set sub_last_tick = (select (b.tick).tick_id from (
       select t as tick, row_number() over (order by tick_id desc) as n from pgq.tick t) b where n = 2)`,
  )
  await fleet.start([{}])
  await fleet.publish('shard_1', ['two'])
  expect(await fleet.arrived(2)).toEqual(['one', 'two'])
})

test('a part that is in the target already is not moved again', async () => {
  await using fleet = await setUpFleet()
  const gateway = await fleet.start([{}])
  await registered(fleet)
  await gateway.movers.get('m').pause(true)
  await fleet.publish('shard_1', ['one', 'two', 'three'])
  const isOpen = `select from pgq.subscription where sub_batch is not null`
  await until(async () => (await fleet.client('shard_1').query(isOpen)).rowCount === 1, 'an open batch')
  await gateway.movers.close()
  const { rows } = await fleet
    .client('shard_1')
    .query(
      `select q.identity, b.prev_tick_id, b.tick_id from pgq_gateway.queue_origin('orders') q, pgq_gateway.batch_info b`,
    )
  await fleet.client('main').query(
    `insert into pgq_gateway.mover_source (mover, source, identity, partial_tick, partial_id)
     values ('m', 'shard_1/orders', $1, $2, 2)
         on conflict (mover, source) do update set partial_tick = excluded.partial_tick, partial_id = excluded.partial_id`,
    [rows[0].identity, rows[0].tick_id],
  )
  const next = await fleet.start([{}])
  await next.movers.get('m').pause(false)
  expect(await fleet.arrived(1)).toEqual(['three'])
})

test('events do not go round in a circle, also over a third database', async () => {
  await using fleet = await setUpFleet(2)
  const hop = (from: string, to: string) => ({
    name: `${from}-${to}`,
    from: { databases: from, queue: 'orders' },
    to: { database: to, queue: 'orders' },
  })
  const gateway = await fleet.start([
    hop('main', 'shard_1'),
    hop('shard_1', 'shard_2'),
    hop('shard_2', 'main'),
  ])
  await registered(fleet, 'main', 'main-shard_1')
  await registered(fleet, 'shard_1', 'shard_1-shard_2')
  await registered(fleet, 'shard_2', 'shard_2-main')
  await fleet.publish('main', ['one'])
  const stopped = await until(async () => {
    const { sources } = await gateway.movers.get('shard_2-main').status()
    return sources.find(({ state }) => state === 'stopped')
  }, 'the mover that would close the circle to stop')
  expect(stopped.reason).toMatch(/round in a circle/)
  for (const name of ['main', 'shard_1', 'shard_2'])
    expect((await fleet.arrivals(name)).map(({ type }) => type)).toEqual(['one'])
})

test('a mover into its own database splits a queue, but not into the queue itself', async () => {
  await using fleet = await setUpFleet()
  const gateway = await fleet.start([
    {
      from: { databases: 'main', queue: 'orders' },
      to: { database: 'main', queueBy: 'extra1', create: true },
    },
  ])
  await registered(fleet, 'main')
  await fleet.publish('main', ['one'], { extra1: 'other' })
  expect(await fleet.arrived(1, 'other')).toEqual(['one'])
  await fleet.publish('main', ['two'], { extra1: 'orders' })
  expect(await untilState(gateway, 'stopped', 'main')).toMatch(/circle/)
})

test('one queue under two names is moved once', async () => {
  await using fleet = await setUpFleet()
  const gateway = await fleet.start([{}])
  await registered(fleet)
  await fleet.publish('shard_1', ['one'])
  await fleet.arrived(1)
  await gateway.movers.close()
  const other = createGateway({
    databases: [
      { name: 'main', connectionString: fleet.urls.main ?? '' },
      { name: 'shard_x', connectionString: fleet.urls.shard_1 ?? '' },
    ],
    movers: [ordersMover],
    logger: testLogger(),
  })
  try {
    other.start()
    await fleet.publish('shard_1', ['two'])
    expect(await untilState(other, 'stopped', 'shard_x')).toMatch(/another name/)
  } finally {
    await other.close()
  }
  expect(await fleet.arrived(1)).toEqual(['one'])
})

test('an event without the name of its queue is told of', async () => {
  await using fleet = await setUpFleet()
  const gateway = await fleet.start([{ to: { database: 'main', queueBy: 'extra1' } }])
  await registered(fleet)
  await fleet.publish('shard_1', ['one'])
  expect(await untilState(gateway, 'retrying')).toBe(
    'Event 1 has no extra1, which would name the queue to move it to',
  )
})
