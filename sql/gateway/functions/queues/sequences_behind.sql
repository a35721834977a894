-- Returns the sequences of PgQ's tables that would give an id a second time, with the highest id that was given: a dump of
-- upstream's extension has the tables without these sequences.
-- Grant: pgq_admin
create or replace function pgq_gateway.sequences_behind()
returns table (sequence text, highest bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select given.sequence::text, given.highest
      from (values
            ('pgq.queue_queue_id_seq'::regclass, greatest(
                (select max(queue_id) from pgq.queue), (select max(queue_id) from pgq_gateway.dead_letter),
                (select max(queue_id) from pgq_gateway.event_registry), (select max(queue_id) from pgq_gateway.lease))::bigint),
            ('pgq.consumer_co_id_seq', greatest(
                (select max(co_id) from pgq.consumer), (select max(consumer_id) from pgq_gateway.lease))),
            ('pgq.subscription_sub_id_seq', greatest(
                (select max(sub_id) from pgq.subscription), (select max(ev_owner) from pgq.retry_queue))),
            ('pgq.batch_id_seq', greatest(
                (select max(sub_batch) from pgq.subscription), (select max(batch_id) from pgq_gateway.lease)))
           ) given (sequence, highest)
     where given.highest > coalesce(pg_sequence_last_value(given.sequence), 0)
$$;
