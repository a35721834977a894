-- Gives the queue, the snapshots and the owner that bound the events of an open batch, or of a range between two ticks when
-- i_batch_id is null. PQ003 when the batch is not open, PQ013 when the log does not hold both ticks.
-- Grant: nobody
create or replace function pgq_gateway._event_range(
    i_batch_id bigint, i_queue_id int4, i_from_tick bigint, i_to_tick bigint,
    out queue_id int4, out from_snapshot txid_snapshot, out to_snapshot txid_snapshot, out sub_id int4)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    from_tick bigint := i_from_tick;
    to_tick bigint := i_to_tick;
begin
    queue_id := i_queue_id;
    if i_batch_id is not null then
        select s.sub_queue, s.sub_last_tick, s.sub_next_tick, s.sub_id into queue_id, from_tick, to_tick, sub_id
          from pgq.subscription s where s.sub_batch = i_batch_id;
        if not found then
            raise exception 'This batch is not open: it was finished, or never existed'
                using errcode = 'PQ003', column = 'batchId';
        end if;
    end if;
    select t.tick_snapshot into from_snapshot from pgq.tick t where t.tick_queue = _event_range.queue_id and t.tick_id = from_tick;
    select t.tick_snapshot into to_snapshot from pgq.tick t where t.tick_queue = _event_range.queue_id and t.tick_id = to_tick;
    if from_snapshot is null or to_snapshot is null then
        raise exception 'The log no longer holds the events between ticks % and %', from_tick, to_tick
            using errcode = 'PQ013', column = 'after';
    end if;
end $$;
