-- Opens a plain consumer's next batch, or hands out again the one that it still holds, under a new lease token. All
-- fields are null when no tick is ready. Limits are those of pgq.next_batch_custom; null means none. i_stream_id and
-- i_gateway name the stream that asks, and are null for a single call. Locks the subscription row.
--
-- PQ001, PQ002; PQ009 while another worker's stream has this consumer; PQ012 for a cooperative consumer, which is
-- read through its members.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.next_batch(
    i_queue text, i_consumer text, i_min_lag interval, i_min_count int4, i_min_interval interval,
    i_stream_id uuid, i_gateway int4)
returns pgq_gateway.opened_batch
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    sub record;
    opened_id bigint;
begin
    sub := pgq_gateway._lock_subscription(i_queue, i_consumer);
    if sub.main_name is not null or sub.has_members then
        raise exception 'Consumer % is cooperative; open its batches with nextCoopBatch', pgq_gateway._shown(i_consumer)
            using errcode = 'PQ012', column = 'consumer';
    end if;
    perform pgq_gateway._check_stream(sub.queue_id, sub.consumer_id, i_stream_id);
    select n.batch_id into opened_id
      from pgq.next_batch_custom(i_queue, i_consumer, i_min_lag, i_min_count, i_min_interval) n;
    if opened_id is null then
        return null;
    end if;
    return pgq_gateway._open_lease(sub.queue_id, sub.consumer_id, opened_id, i_gateway);
end $$;
