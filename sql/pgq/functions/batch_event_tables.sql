-- Returns the one or two tables that can hold a batch's events, the older first. PQ003 for an unknown batch or NULL.
-- Grant: pgq_reader
create or replace function pgq.batch_event_tables(x_batch_id bigint) returns setof text
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    b record;
begin
    select pg_catalog.txid_snapshot_xmin(p.tick_snapshot) as first_txid,
           pg_catalog.txid_snapshot_xmax(n.tick_snapshot) as last_txid,
           q.queue_switch_step1 as step1, q.queue_switch_step2 as step2,
           q.queue_data_pfx || '_' || q.queue_cur_table as current_table,
           q.queue_data_pfx || '_' || (q.queue_cur_table + q.queue_ntables - 1) % q.queue_ntables as previous_table
      into b
      from pgq.subscription s
      join pgq.queue q on q.queue_id = s.sub_queue
      join pgq.tick p on p.tick_queue = s.sub_queue and p.tick_id = s.sub_last_tick
      join pgq.tick n on n.tick_queue = s.sub_queue and n.tick_id = s.sub_next_tick
     where s.sub_batch = x_batch_id;
    if not found then
        raise exception 'Cannot find data for batch %', x_batch_id using errcode = 'PQ003';
    end if;

    if b.last_txid < b.step1 then
        return next b.previous_table;
    elsif b.step2 is not null and b.first_txid > b.step2 then
        return next b.current_table;
    else
        return next b.previous_table;
        if b.current_table <> b.previous_table then
            return next b.current_table;
        end if;
    end if;
end;
$$;
