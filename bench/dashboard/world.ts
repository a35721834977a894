import type pg from 'pg'

const CONSUMERS = 3

/** Name of a queue, by its number from 1. */
export function nameOf(number: number): string {
  return `queue-${String(number).padStart(4, '0')}`
}

/** Makes queues with three consumers each. */
export async function makeQueues(client: pg.Client, queues: number): Promise<void> {
  for (let number = 1; number <= queues; number++) {
    await client.query('select pgq.create_queue($1)', [nameOf(number)])
    await client.query(
      `select pgq.register_consumer($1, 'consumer-' || n) from generate_series(1, $2::int) n`,
      [nameOf(number), CONSUMERS],
    )
  }
}

/** Makes queues that nobody consumes, without tables of their own: no statistics read those. */
export async function makeMoreQueues(client: pg.Client, queues: number): Promise<void> {
  await client.query(
    `insert into pgq.queue (queue_id, queue_name, queue_data_pfx, queue_event_seq, queue_tick_seq, queue_ticker_paused)
     select id, 'more-' || i, 'pgq.event_' || id, 'pgq.event_' || id || '_id_seq', 'pgq.event_' || id || '_tick_seq', true
       from (select i, nextval('pgq.queue_queue_id_seq')::int as id from generate_series(1, $1::int) i) given`,
    [queues],
  )
}

const EVENTS_PER_TICK = 500

/**
 * Gives a queue a log of so many events over the last hours, of which its consumers have everything to go.
 *
 * @returns The id of an event in the middle of it.
 */
export async function fillLog(client: pg.Client, queue: string, events: number): Promise<string> {
  const { rows } = await client.query<{ id: number; table: string; firstId: string }>(
    `select queue_id as id, pgq.current_event_table(queue_name) as table, nextval(queue_event_seq) as "firstId"
       from pgq.queue where queue_name = $1`,
    [queue],
  )
  const [found] = rows
  if (!found) throw new Error(`there is no queue ${queue}`)
  await client.query(
    `insert into ${found.table} (ev_id, ev_time, ev_txid, ev_type, ev_data)
     select $1::int8 + n, now() - interval '3 h' * (1 - n / $2::float8), txid_current(), 'type-' || n % 7,
            '{"number":' || n || '}'
       from generate_series(1, $2::int8) n`,
    [found.firstId, events],
  )
  await client.query('alter table pgq.tick disable trigger user')
  await client.query(
    `insert into pgq.tick (tick_queue, tick_id, tick_time, tick_event_seq)
     select $1, (select max(tick_id) from pgq.tick where tick_queue = $1) + n,
            now() - interval '3 h' * (1 - n / ($3::int8 / $4::int8)::float8), $2::int8 + n * $4::int8
       from generate_series(1, $3::int8 / $4::int8) n`,
    [found.id, found.firstId, events, EVENTS_PER_TICK],
  )
  await client.query('alter table pgq.tick enable trigger user')
  const last = BigInt(found.firstId) + BigInt(events)
  await client.query('select setval(queue_event_seq, $2) from pgq.queue where queue_id = $1', [
    found.id,
    String(last),
  ])
  await client.query(
    `select setval(queue_tick_seq, (select max(tick_id) from pgq.tick where tick_queue = $1)) from pgq.queue where queue_id = $1`,
    [found.id],
  )
  await client.query(
    `insert into pgq_gateway.dead_letter (queue_id, consumer_name, reason, ev_id, ev_time, ev_txid, ev_type, ev_data)
     select $1, 'consumer-1', 'order ' || n || ' is late', $2::int8 + n, now(), 1, 'type-' || n % 7, '{}'
       from generate_series(1, least(10000, $3::int8)) n`,
    [found.id, found.firstId, events],
  )
  await client.query('vacuum analyze')
  return String(BigInt(found.firstId) + BigInt(events) / 2n)
}
