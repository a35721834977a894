-- Tells what keeps the oldest event table of these queues from its rotation although that is due; the others are left out.
--
--   OPEN_BATCH            the consumer that is furthest behind has had a batch open since
--   CONSUMER_BEHIND       it has no batch open, and was last seen then
--   LONG_TRANSACTION      ticks are held back by a transaction that began then, in any database of the server
--   PREPARED_TRANSACTION  the same, by one that was prepared then
--   NO_TICK               the consumers are up to date, and no tick has been made since
--
-- `session` describes the transaction: it is for those who manage the queue, and NULL for other kinds. A transaction that this
-- login may not see counts as none. It reads no event table.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.rotation_blockers(i_queues text[])
returns table (queue_name text, kind text, consumer_name text, since timestamptz, session text)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    with due as materialized (
        select q.queue_id, q.queue_name, q.queue_switch_step2 as step2
          from pgq.queue q
         where q.queue_name = any (i_queues) and q.queue_switch_time + q.queue_rotation_period < now()),
    -- A 32-bit transaction id lies within half of their range before the next one.
    transactions as materialized (
        select newest.xid - mod(newest.xid - x.xid + 8589934592, 4294967296) as xid, x.kind, x.since, x.session
          from (select txid_snapshot_xmax(txid_current_snapshot()) as xid) newest
         cross join (
               select a.backend_xid::text::bigint as xid, 'LONG_TRANSACTION' as kind, a.xact_start as since,
                      format('process %s of %s in database %s, %s%s', a.pid, a.usename, a.datname, a.state,
                             nullif(', ' || a.application_name, ', ')) as session
                 from pg_stat_activity a
                where a.backend_xid is not null
                union all
               select p.transaction::text::bigint, 'PREPARED_TRANSACTION', p.prepared,
                      format('prepared transaction %L of %s in database %s', p.gid, p.owner, p.database)
                 from pg_prepared_xacts p) x
         where exists (select from due))
    select d.queue_name,
           case when not is_consumer.it then coalesce(held.kind, 'NO_TICK')
                when slowest.sub_batch is not null then 'OPEN_BATCH'
                else 'CONSUMER_BEHIND' end,
           coalesce(slowest.main_name, slowest.consumer_name),
           case when not is_consumer.it then coalesce(held.since, newest.tick_time)
                else coalesce(slowest.opened_at, slowest.sub_active) end,
           case when not is_consumer.it then held.session end
      from due d
     cross join lateral (
           select s.sub_last_tick, s.sub_batch, s.sub_active, l.opened_at, s.sub_consumer
             from pgq.subscription s
             left join pgq_gateway.lease l
               on l.queue_id = s.sub_queue and l.consumer_id = s.sub_consumer and l.batch_id = s.sub_batch
            where s.sub_queue = d.queue_id and s.sub_last_tick is not null
            order by s.sub_last_tick, s.sub_batch
            limit 1) sub
     cross join lateral (
           select sub.*, c.main_name, c.consumer_name
             from pgq_gateway.consumer_info c
            where c.queue_id = d.queue_id and c.consumer_id = sub.sub_consumer) slowest
      join pgq.tick at_tick on at_tick.tick_queue = d.queue_id and at_tick.tick_id = slowest.sub_last_tick
     cross join lateral (
           select t.tick_time, t.tick_snapshot
             from pgq.tick t
            where t.tick_queue = d.queue_id
            order by t.tick_id desc
            limit 1) newest
     cross join lateral (select txid_snapshot_xmin(newest.tick_snapshot) > d.step2 or slowest.sub_batch is not null as it) is_consumer
      left join lateral (
           select t.kind, t.since, t.session
             from transactions t
            where t.xid <= d.step2
            order by t.xid
            limit 1) held on true
     where txid_snapshot_xmin(at_tick.tick_snapshot) <= d.step2
$$;
