import type pg from 'pg'
import type { Int8 } from '../../src/int8.ts'

/** Extent of a database that statements are measured in. */
export interface Extent {
  queues: number
  /** Number of plain consumers of the one wide queue; every queue has two more. */
  consumers: number
  /** Number of members of its cooperative consumer `team`. */
  members: number
  /** Number of ticks in the log of the wide queue and of nine others. */
  ticks: number
  deadLetters: number
  /** Number of events in the retry queue that are not due; a hundred more are. */
  retries: number
  /** Number of event types outside the wide queue, which has three. */
  eventTypes: number
  /** Number of tokens in `settled_lease`. */
  settledLeases: number
}

/** An open batch, and the lease under which it is held. */
export interface OpenBatch {
  batchId: Int8
  token: string
}

/** What statements are asked about in a filled database; it is the same in every extent. */
export interface World {
  readonly client: pg.Client
  readonly queue: string
  readonly queueId: number
  readonly gateway: number
  /** An idle consumer of the wide queue, with three ticks of a hundred events before it. */
  readonly consumer: string
  readonly consumerId: number
  /** Batch of another such consumer. */
  readonly batch: OpenBatch
  readonly eventIds: readonly Int8[]
  /** A member of `team` without a batch, and the batch of another. */
  readonly member: string
  readonly memberBatch: OpenBatch
  /** Id of the newest tick of the wide queue, and of the one before the first event. */
  readonly newestTick: Int8
  readonly firstTick: Int8
  readonly deadLetterId: Int8
  readonly streamId: string
}

export const WIDE = 'wide'
/** Id of the gateway whose sign of life the client gives. */
const GATEWAY = 4_711
const EVENTS_PER_TICK = 100
/** Creating a queue takes some twenty locks, which are kept to the end of the transaction. */
const QUEUES_PER_TRANSACTION = 20

/** Fills a database with an engine in it. Rows are written directly wherever PgQ would be asked once for each. */
export async function fill(client: pg.Client, extent: Extent): Promise<World> {
  await createQueues(client, extent.queues)
  await addOldTicks(client, extent.ticks)
  await addSubscriptions(client, extent)
  await publish(client)
  await openBatches(client)
  await addRecords(client, extent)
  return findWorld(client)
}

async function createQueues(client: pg.Client, count: number): Promise<void> {
  await client.query('select pgq.create_queue($1)', [WIDE])
  for (let first = 1; first < count; first += QUEUES_PER_TRANSACTION) {
    await client.query(
      `select pgq.create_queue('queue-' || lpad(n::text, 5, '0')) from generate_series($1::int, $2::int) n`,
      [first, Math.min(count, first + QUEUES_PER_TRANSACTION) - 1],
    )
  }
  // No tick falls due while the statements are measured, in whatever time.
  await client.query(
    `update pgq.queue set queue_ticker_max_lag = '1 day', queue_ticker_idle_period = '1 day'`,
  )
  // A queue's second tick is always due.
  await client.query('select pgq.ticker()')
}

/** Ticks without events lie a second apart. */
async function addOldTicks(client: pg.Client, count: number): Promise<void> {
  await client.query(
    `with deep as (
       select q.queue_id, q.queue_tick_seq, max(t.tick_id) as newest, max(t.tick_event_seq) as event_seq
         from pgq.queue q join pgq.tick t on t.tick_queue = q.queue_id
        group by q.queue_id order by q.queue_id limit 10),
     added as (
       insert into pgq.tick (tick_queue, tick_id, tick_time, tick_event_seq)
       select queue_id, newest + n, now() - make_interval(secs => $1 - n), event_seq
         from deep cross join generate_series(1, $1::int) n)
     select setval(queue_tick_seq::regclass, newest + $1) from deep`,
    [count],
  )
}

/** Plain consumers are about to begin, and `team` is at the queue's first tick; each other queue has two consumers. */
async function addSubscriptions(client: pg.Client, { consumers, members }: Extent): Promise<void> {
  await client.query(
    `insert into pgq.consumer (co_name)
     select 'audit' union all select 'team'
      union all select 'worker-' || queue_id from pgq.queue
      union all select 'consumer-' || lpad(n::text, 5, '0') from generate_series(0, $1::int - 1) n
      union all select 'team.member-' || lpad(n::text, 5, '0') from generate_series(0, $2::int - 1) n`,
    [consumers, members],
  )
  await client.query(
    `insert into pgq.subscription (sub_queue, sub_consumer, sub_last_tick)
     select q.queue_id, c.co_id, t.tick_id
       from pgq.queue q
       join pgq.consumer c on c.co_name in ('audit', 'worker-' || q.queue_id)
                           or q.queue_name = $1 and (c.co_name = 'team' or c.co_name like 'consumer-%')
      cross join lateral (
            select case when c.co_name = 'team' then min(k.tick_id) else max(k.tick_id) end as tick_id
              from pgq.tick k where k.tick_queue = q.queue_id) t`,
    [WIDE],
  )
  await client.query(
    `insert into pgq.subscription (sub_id, sub_queue, sub_consumer)
     select main.sub_id, main.sub_queue, c.co_id
       from pgq.subscription main
       join pgq.consumer m on m.co_id = main.sub_consumer and m.co_name = 'team'
      cross join pgq.consumer c
      where c.co_name like 'team.%'`,
  )
}

/** Writes three ticks with events. */
async function publish(client: pg.Client): Promise<void> {
  for (let tick = 0; tick < 3; tick++) {
    await client.query(
      `select pgq_gateway.insert_events($1, array_fill('t'::text, array[$2::int]), array_fill('{"n": 1}'::text, array[$2::int]))`,
      [WIDE, EVENTS_PER_TICK],
    )
    await client.query('select pgq_gateway.tick($1, true)', [WIDE])
  }
}

/** Two thirds of all consumers and members hold batches. */
async function openBatches(client: pg.Client): Promise<void> {
  await client.query('select pgq_gateway.begin_life($1)', [GATEWAY])
  await client.query(
    `select pgq_gateway.next_batch($1, c.co_name, null, null, null, null, $2)
       from pgq.consumer c where c.co_name like 'consumer-%' and right(c.co_name, 5)::int % 3 > 0`,
    [WIDE, GATEWAY],
  )
  await client.query(
    `select pgq_gateway.next_coop_batch($1, 'team', split_part(c.co_name, '.', 2), null, null, null, null, null, $2)
       from pgq.consumer c where c.co_name like 'team.%' and right(c.co_name, 5)::int % 3 > 0`,
    [WIDE, GATEWAY],
  )
}

/** Adds what the gateway keeps beside PgQ, and retries. */
async function addRecords(client: pg.Client, extent: Extent): Promise<void> {
  await client.query(
    `insert into pgq_gateway.stream (queue_id, consumer_id, stream_id, gateway, since)
     select l.queue_id, l.consumer_id, gen_random_uuid(), l.gateway, now() - interval '1 h' from pgq_gateway.lease l`,
  )
  await client.query(
    `insert into pgq_gateway.dead_letter (queue_id, consumer_name, ev_id, ev_time, ev_txid, ev_type, ev_data)
     select s.sub_queue, s.co_name, n, now(), 1, 't', '{"n": 1}'
       from generate_series(1, $1::int) n
       join (select *, row_number() over (order by sub_queue, sub_consumer) - 1 as place, count(*) over () as total
               from pgq.subscription join pgq.consumer on co_id = sub_consumer
              where co_name not like '%.%') s on s.place = n % s.total`,
    [extent.deadLetters],
  )
  await client.query(
    `insert into pgq.retry_queue (ev_retry_after, ev_queue, ev_id, ev_time, ev_owner, ev_retry, ev_type, ev_data)
     select now() + case when n > 100 then interval '1 d' else interval '0' end, s.sub_queue, n, now(), s.sub_id, 1, 't', '{}'
       from generate_series(1, 100 + $1::int) n
       join (select *, row_number() over (order by sub_queue, sub_consumer) - 1 as place, count(*) over () as total
               from pgq.subscription join pgq.consumer on co_id = sub_consumer
              where co_name not like '%.%') s on s.place = n % s.total`,
    [extent.retries],
  )
  await client.query(
    `select pgq_gateway.register_event_type(queue_name, 'type-' || n, 0, '{"type": "object"}', false, queue_name = $1)
       from (select queue_name from pgq.queue order by queue_name <> $1, queue_id limit 1 + ceil($2::int / 10.0)) q
      cross join lateral generate_series(1, case queue_name when $1 then 3 else 10 end) n`,
    [WIDE, extent.eventTypes],
  )
  await client.query(
    `insert into pgq_gateway.settled_lease (slot, token)
     select n, gen_random_uuid() from generate_series(0, $1::int - 1) n`,
    [extent.settledLeases],
  )
}

async function findWorld(client: pg.Client): Promise<World> {
  const { rows } = await client.query(
    `with wide as (select q.queue_id from pgq.queue q where q.queue_name = $1),
     idle as (select max(c.co_name) as co_name from pgq.consumer c
               where c.co_name like 'consumer-%' and right(c.co_name, 5)::int % 3 = 0),
     held as (select c.co_name, l.batch_id, l.token
                from pgq_gateway.lease l join pgq.consumer c on c.co_id = l.consumer_id)
     select wide.queue_id as "queueId", idle.co_name as consumer, c.co_id as "consumerId",
            (select json_build_object('batchId', batch_id::text, 'token', token) from held
              where co_name like 'consumer-%' order by co_name desc limit 1) as batch,
            (select json_build_object('batchId', batch_id::text, 'token', token) from held
              where co_name like 'team.%' order by co_name desc limit 1) as "memberBatch",
            (select max(split_part(m.co_name, '.', 2)) from pgq.consumer m
              where m.co_name like 'team.%' and right(m.co_name, 5)::int % 3 = 0) as member,
            (select max(tick_id) from pgq.tick where tick_queue = wide.queue_id) as "newestTick",
            (select max(tick_id) - 3 from pgq.tick where tick_queue = wide.queue_id) as "firstTick",
            (select max(dead_letter_id) from pgq_gateway.dead_letter) as "deadLetterId",
            (select min(stream_id::text) from pgq_gateway.stream) as "streamId"
       from wide cross join idle join pgq.consumer c on c.co_name = idle.co_name`,
    [WIDE],
  )
  const found = rows[0] as Omit<World, 'client' | 'queue' | 'gateway' | 'eventIds'>
  const events = await client.query<{ ev_id: Int8 }>('select ev_id from pgq.get_batch_events($1)', [
    found.batch.batchId,
  ])
  return { ...found, client, queue: WIDE, gateway: GATEWAY, eventIds: events.rows.map(({ ev_id }) => ev_id) }
}
