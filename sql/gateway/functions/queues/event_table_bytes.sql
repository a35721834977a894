-- Returns what the event tables of these queues take on disk, indexes and large values included, and how many of the tables
-- hold events; the others count as nothing. NULL for a queue where somebody has locked a table: this waits for nobody.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.event_table_bytes(i_queue_ids int4[])
returns table (queue_id int4, bytes bigint, filled_tables int4)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set lock_timeout = '20ms'
as $$
declare
    prefix text;
    last_table int4;
begin
    for queue_id, prefix, last_table in
        select q.queue_id, q.queue_data_pfx, q.queue_ntables - 1
          from pgq.queue q
         where q.queue_id = any (i_queue_ids)
    loop
        begin
            -- To look at a table takes a tenth of what it takes to measure all that belongs to it.
            select coalesce(sum(pg_total_relation_size(part.oid)), 0), count(*)
              into bytes, filled_tables
              from (select to_regclass(prefix || '_' || n) as oid from generate_series(0, last_table) n offset 0) part
             where pg_relation_size(part.oid) > 0;
        exception when lock_not_available then
            bytes := null;
            filled_tables := null;
        end;
        return next;
    end loop;
end
$$;
