-- Puts a fresh token on a batch that was just opened, or opened again, and returns the batch. Every earlier token of
-- that batch is worthless from here on: the last to open it owns it.
-- Grant: nobody
create or replace function pgq_gateway._open_lease(
    i_queue_id int4, i_consumer_id int4, i_batch_id bigint, i_gateway int4)
returns pgq_gateway.opened_batch
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    new_token uuid := gen_random_uuid();
    had_staged bool;
    opened pgq_gateway.opened_batch;
begin
    -- The lease's age counts from here: the transaction may have waited for a lock since it began.
    insert into pgq_gateway.lease as l (queue_id, consumer_id, batch_id, token, gateway, opened_at)
    values (i_queue_id, i_consumer_id, i_batch_id, new_token, i_gateway, clock_timestamp())
        on conflict (queue_id, consumer_id) do update
       set batch_id = excluded.batch_id, token = excluded.token, gateway = excluded.gateway,
           opened_at = excluded.opened_at, touched_at = null
    returning l.has_staged into had_staged;
    if had_staged then
        update pgq_gateway.lease l set has_staged = false where l.queue_id = i_queue_id and l.consumer_id = i_consumer_id;
        perform pgq_gateway._drop_ended_parts();
    end if;
    select b.batch_id, b.queue_name, b.consumer_name, b.start_time, b.end_time, b.prev_tick_id, b.tick_id,
           b.lag_seconds, b.seq_start, b.seq_end, new_token, n.tick_id, n.tick_time
      into opened
      from pgq_gateway.batch_info b
      left join lateral (select t.tick_id, t.tick_time from pgq.tick t
                          where t.tick_queue = i_queue_id and t.tick_id > b.tick_id
                          order by t.tick_id limit 1) n on true
     where b.batch_id = i_batch_id;
    return opened;
end $$;
