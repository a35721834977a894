import type pg from 'pg'
import { expect, test } from 'vitest'
import type { MoverOptions } from '../../src/mover-plan.ts'
import { eachEngine } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { ordersMover, registered, setUpFleet, untilState } from './fleet.ts'

test.each(eachEngine)(
  'on %s events of many databases come into one queue, each source in its order',
  async (engine) => {
    await using fleet = await setUpFleet(3, engine)
    const gateway = await fleet.start([{}])
    const shards = ['shard_1', 'shard_2', 'shard_3']
    for (const shard of shards) await registered(fleet, shard)
    for (let round = 0; round < 5; round++)
      for (const shard of shards)
        await fleet.publish(shard, [`${shard} ${round}a`, `${shard} ${round}b`], { extra1: 'x' })
    const types = await fleet.arrived(30)
    expect(types).toHaveLength(30)
    for (const shard of shards)
      expect(types.filter((type) => type?.startsWith(shard))).toEqual(
        [0, 1, 2, 3, 4].flatMap((round) => [`${shard} ${round}a`, `${shard} ${round}b`]),
      )
    const [first] = await fleet.arrivals()
    const [original] = await fleet.arrivals('shard_1')
    expect(first).toMatchObject({ data: `data of ${first?.type}`, extra1: 'x' })
    const moved = (await fleet.arrivals()).find(({ type }) => type === original?.type)
    expect(moved).toEqual(original)
    const { sources, reason } = await gateway.movers.get('m').status()
    expect(reason).toBeNull()
    expect(sources.map(({ database, eventsMoved }) => [database, eventsMoved])).toEqual(
      shards.map((shard) => [shard, '10']),
    )
    // The ticks are recorded as Skytools' movers do.
    const { rows } = await fleet
      .client('main')
      .query(
        `select count(*)::int from pgq_ext.completed_tick where consumer_id = 'm' and subconsumer_id like 'shard\\__/orders'`,
      )
    expect(rows).toEqual([{ count: 3 }])
  },
)

test('only events of the given types are moved, with their origin, to the queues that a column names', async () => {
  await using fleet = await setUpFleet()
  await fleet.start([
    {
      types: ['a', 'b'],
      origin: 'extra2',
      to: { database: 'main', queueBy: 'extra1', create: true },
      consumer: 'splitter',
    },
  ])
  await registered(fleet, 'shard_1', 'splitter')
  await fleet.publish('shard_1', ['a', 'no', 'b'], { extra1: 'left' })
  await fleet.publish('shard_1', ['no', 'b'], { extra1: 'right' })
  expect(await fleet.arrived(2, 'left')).toEqual(['a', 'b'])
  expect(await fleet.arrived(1, 'right')).toEqual(['b'])
  const [a, b] = await fleet.arrivals('main', 'left')
  expect([a?.extra2, b?.extra2]).toEqual(['shard_1/orders/1', 'shard_1/orders/3'])
})

test('a large batch is moved in parts, whole and in order', async () => {
  await using fleet = await setUpFleet()
  await fleet.start([{}])
  await registered(fleet)
  const types = Array.from({ length: 12_000 }, (_, index) => `${index}`)
  await fleet.publish('shard_1', types)
  expect(await fleet.arrived(12_000)).toEqual(types)
})

test('events arrive as they were, whatever is in them and however large they are', async () => {
  await using fleet = await setUpFleet()
  await fleet.start([{}])
  await registered(fleet)
  const awkward = ['', 'NULL', null, 'a,b', '{}', '"', '\\"', '\n ü✓']
  const large = Array.from({ length: 8 }, (_, n) => `${n}"\\`.repeat(150_000))
  const data = [...awkward, ...large, 'small']
  await fleet.client('shard_1').query(
    `select pgq.insert_event('orders', n::text, data, null, extra2, data, null)
         from unnest($1::text[], $2::text[]) with ordinality u(data, extra2, n) order by n`,
    [data, [...data].reverse().map((value) => value?.slice(0, 10) ?? null)],
  )
  await fleet.arrived(data.length)
  const all = (client: pg.Client) =>
    client
      .query(
        `select ev_type, md5(ev_data) as data, ev_extra1, ev_extra2, md5(ev_extra3) as extra3, ev_extra4, ev_time
           from pgq.event_1 order by ev_id`,
      )
      .then(({ rows }) => rows)
  expect(await all(fleet.client('main'))).toEqual(await all(fleet.client('shard_1')))
})

test('retries are not moved: they are one consumer’s alone', async () => {
  await using fleet = await setUpFleet()
  await fleet.start([{}])
  await registered(fleet)
  const shard = fleet.client('shard_1')
  await shard.query(`select pgq.register_consumer('orders', 'm2')`)
  await fleet.publish('shard_1', ['once'])
  await fleet.arrived(1)
  // An event that is owned by the mover's own subscription.
  await shard.query(
    `insert into pgq.retry_queue (ev_retry_after, ev_queue, ev_id, ev_time, ev_owner, ev_retry, ev_type)
     select now(), sub_queue, 1, now(), sub_id, 1, 'again' from pgq.get_consumer_info('orders', 'm')
       join pgq.consumer on co_name = consumer_name join pgq.subscription on sub_consumer = co_id`,
  )
  await until(async () => (await shard.query('select from pgq.retry_queue')).rowCount === 0, 'the retry')
  await fleet.publish('shard_1', ['marker'])
  expect(await fleet.arrived(2)).toEqual(['once', 'marker'])
})

test('a mover is paused and goes on, in every gateway', async () => {
  await using fleet = await setUpFleet()
  const gateway = await fleet.start([{}])
  const other = await fleet.start([{}])
  await registered(fleet)
  await fleet.publish('shard_1', ['before'])
  await fleet.arrived(1)
  expect(await other.movers.get('m').pause(true)).toBe(true)
  expect(await other.movers.get('m').pause(true)).toBe(false)
  await fleet.publish('shard_1', ['meanwhile'])
  await untilState(gateway, 'paused')
  await until(
    async () =>
      (await fleet.client('shard_1').query('select from pgq.subscription where sub_batch is not null'))
        .rowCount === 1,
    'an open batch',
  )
  expect(await fleet.arrived(1)).toEqual(['before'])
  expect(await gateway.movers.get('m').pause(false)).toBe(true)
  expect(await fleet.arrived(2)).toEqual(['before', 'meanwhile'])
})

test('a target that refuses says so, and heals without a reset', async () => {
  await using fleet = await setUpFleet()
  const gateway = await fleet.start([{ to: { database: 'main', queue: 'missing' } }])
  await registered(fleet)
  await fleet.publish('shard_1', ['one'])
  expect(await untilState(gateway, 'retrying')).toContain('Queue "missing" does not exist')
  const main = fleet.client('main')
  await main.query(`select pgq.create_queue('missing')`)
  expect(await fleet.arrived(1, 'missing')).toEqual(['one'])

  await main.query(`update pgq.queue set queue_disable_insert = true`)
  await fleet.publish('shard_1', ['two'])
  expect(await untilState(gateway, 'retrying')).toContain('inserts are disabled')
  await main.query(`update pgq.queue set queue_disable_insert = false`)
  expect(await fleet.arrived(2, 'missing')).toEqual(['one', 'two'])

  await main.query(
    `select pgq_gateway.register_event_type('missing', 'three', 0, '{"type": "object"}', false, true)`,
  )
  await fleet.publish('shard_1', ['three'])
  expect(await untilState(gateway, 'retrying')).toContain('does not match type "three"')
  await main.query(`select pgq_gateway.remove_event_type('missing', 'three')`)
  expect(await fleet.arrived(3, 'missing')).toEqual(['one', 'two', 'three'])
})

test('one source that fails does not hold up the others', async () => {
  await using fleet = await setUpFleet(2)
  const gateway = await fleet.start([{ to: { database: 'main', queueBy: 'extra1' } }])
  await registered(fleet, 'shard_1')
  await registered(fleet, 'shard_2')
  await fleet.publish('shard_1', ['lost'], { extra1: 'nowhere' })
  await untilState(gateway, 'retrying')
  for (const type of ['a', 'b', 'c']) await fleet.publish('shard_2', [type], { extra1: 'orders' })
  expect(await fleet.arrived(3)).toEqual(['a', 'b', 'c'])
  expect(await untilState(gateway, 'retrying')).toContain('nowhere')
})

test('a database that is added is a source from then on, and none when it is removed', async () => {
  await using fleet = await setUpFleet()
  const gateway = await fleet.start([{}])
  await registered(fleet)
  expect(await gateway.databases.remove('shard_1')).toBe(true)
  expect((await gateway.movers.get('m').status()).sources).toEqual([])
  await fleet.publish('shard_1', ['meanwhile'])
  gateway.databases.add({ name: 'shard_1', connectionString: fleet.urls.shard_1 ?? '' })
  expect(await fleet.arrived(1)).toEqual(['meanwhile'])
})

test('a source that cannot be reached is told of, and does not hold up the end', async () => {
  await using fleet = await setUpFleet()
  const gateway = await fleet.start([{}])
  await registered(fleet)
  gateway.databases.add({ name: 'shard_2', connectionString: 'postgresql://127.0.0.1:1/none' })
  expect(await untilState(gateway, 'retrying', 'shard_2')).not.toBeNull()
  await fleet.publish('shard_1', ['one'])
  expect(await fleet.arrived(1)).toEqual(['one'])
  const closing = performance.now()
  await gateway.movers.close()
  expect(performance.now() - closing).toBeLessThan(2_000)
})

test('movers are added, changed and removed while others go on, and each event is moved once', async () => {
  await using fleet = await setUpFleet(2)
  const stays: MoverOptions = {
    ...ordersMover,
    name: 'stays',
    from: { databases: 'shard_2', queue: 'orders' },
  }
  const first: MoverOptions = { ...ordersMover, name: 'm', from: { databases: 'shard_1', queue: 'orders' } }
  const { movers } = await fleet.start([stays])
  await registered(fleet, 'shard_2', 'stays')
  const untouched = movers.get('stays')
  expect(await movers.replace([stays, first])).toEqual({ added: ['m'], changed: [], removed: [] })
  await registered(fleet)
  await fleet.publish('shard_1', ['one'])
  await fleet.arrived(1)

  const narrowed = { ...first, types: ['two'] }
  expect(await movers.replace([stays, narrowed])).toEqual({ added: [], changed: ['m'], removed: [] })
  await fleet.publish('shard_1', ['left out', 'two'])
  expect(await fleet.arrived(2)).toEqual(['one', 'two'])
  const elsewhere = { ...narrowed, from: { ...narrowed.from, databases: 'shard_*' } }
  await expect(movers.replace([stays, elsewhere, elsewhere])).rejects.toThrow('Two movers have the name m')
  expect(await movers.replace([{ ...stays }, { ...narrowed }])).toEqual({
    added: [],
    changed: [],
    removed: [],
  })
  expect(await movers.replace([stays, elsewhere])).toMatchObject({ changed: ['m'] })

  expect(await movers.replace([stays])).toEqual({ added: [], changed: [], removed: ['m'] })
  await fleet.publish('shard_1', ['two'])
  await fleet.publish('shard_2', ['three'])
  expect(await fleet.arrived(3)).toEqual(['one', 'two', 'three'])
  expect(movers.get('stays')).toBe(untouched)
  expect(() => movers.get('m')).toThrow('no mover of that name')
})
