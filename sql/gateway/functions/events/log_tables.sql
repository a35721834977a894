-- Lists the event tables of a queue, newest first, with the blocks in which events may lie that search_events is to find: of
-- transactions that began from i_from on, written until i_to, with the id i_event_id; NULL is no condition. `filenode` is
-- another one after rotation has emptied the table. `window_blocks` is how many blocks hold some 8 MB of events. PQ001.
--
-- What a tick at or before i_from has seen was written before that, and so was everything that lies before it; what has a
-- transaction id past those of a tick at or after i_to was written later. Ids of events are given in the order of writing,
-- but for retries, which keep theirs. A margin allows for sessions that write to different blocks at the same time.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.log_tables(
    i_queue text, i_from timestamptz, i_to timestamptz, i_event_id bigint)
returns table (
    queue_id int4, table_number int4, filenode oid, first_block bigint, end_block bigint, window_blocks int4)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    block_bytes constant bigint := current_setting('block_size')::bigint;
    window_bytes constant bigint := 8 * 1024 * 1024;
    margin constant bigint := 256;
    q pgq.queue;
    event_table regclass;
    blocks bigint;
    seen_txid bigint;
    unseen_txid bigint;
begin
    select * into q from pgq.queue where pgq.queue.queue_id = pgq_gateway._queue_id(i_queue);
    perform pgq_gateway._check_parts(q.queue_id);
    select txid_snapshot_xmin(t.tick_snapshot) into seen_txid
      from pgq.tick t
     where t.tick_queue = q.queue_id and t.tick_time <= i_from
     order by t.tick_id desc
     limit 1;
    select txid_snapshot_xmax(t.tick_snapshot) into unseen_txid
      from pgq.tick t
     where t.tick_queue = q.queue_id and t.tick_time >= i_to
     order by t.tick_id
     limit 1;
    queue_id := q.queue_id;
    for age in 0 .. q.queue_ntables - 1 loop
        table_number := (q.queue_cur_table - age + q.queue_ntables) % q.queue_ntables;
        event_table := q.queue_data_pfx || '_' || table_number;
        filenode := pg_relation_filenode(event_table);
        blocks := pg_relation_size(event_table) / block_bytes;
        first_block := 0;
        end_block := blocks;
        if seen_txid is not null then
            first_block := pgq_gateway._first_block_where(event_table, blocks, format('min(ev_txid) >= %s', seen_txid), true);
        end if;
        if unseen_txid is not null then
            end_block := pgq_gateway._first_block_where(event_table, blocks, format('min(ev_txid) >= %s', unseen_txid), false);
        end if;
        if i_event_id is not null then
            first_block := greatest(first_block, pgq_gateway._first_block_where(
                event_table, blocks, format('max(ev_id) filter (where ev_owner is null) >= %s', i_event_id), true));
            end_block := least(end_block, pgq_gateway._first_block_where(
                event_table, blocks, format('min(ev_id) filter (where ev_owner is null) > %s', i_event_id), false));
        end if;
        first_block := greatest(0, first_block - 1 - margin);
        end_block := least(blocks, end_block + margin);
        window_blocks := greatest(1, window_bytes * blocks / greatest(pg_table_size(event_table), block_bytes));
        return next;
    end loop;
end $$;
