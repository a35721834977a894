-- Calls pgq.next_batch_custom without limits: the batch ends at the next tick.
-- Grant: pgq_reader
create or replace function pgq.next_batch_info(i_queue_name text, i_consumer_name text,
    out batch_id int8, out cur_tick_id int8, out prev_tick_id int8, out cur_tick_time timestamptz,
    out prev_tick_time timestamptz, out cur_tick_event_seq int8, out prev_tick_event_seq int8)
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    select f.batch_id, f.cur_tick_id, f.prev_tick_id, f.cur_tick_time, f.prev_tick_time, f.cur_tick_event_seq, f.prev_tick_event_seq
      into batch_id, cur_tick_id, prev_tick_id, cur_tick_time, prev_tick_time, cur_tick_event_seq, prev_tick_event_seq
      from pgq.next_batch_custom(i_queue_name, i_consumer_name, null, null, null) f;
end;
$$;
