-- Returns what the event tables of these queues take on disk, indexes and large values included, and how many
-- of the tables hold events. Gives up (55P03) where a lock keeps it from a table for 2 s.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.event_table_bytes(i_queue_ids int4[])
returns table (queue_id int4, bytes bigint, filled_tables int4)
language sql stable security definer set search_path = pg_catalog, pg_temp set lock_timeout = '2s'
as $$
    select q.queue_id, coalesce(sum(pg_total_relation_size(to_regclass(part.name))), 0)::bigint,
           (count(*) filter (where pg_relation_size(to_regclass(part.name)) > 0))::int4
      from pgq.queue q
     cross join lateral (
           select q.queue_data_pfx
            union all
           select q.queue_data_pfx || '_' || n from generate_series(0, q.queue_ntables - 1) n) part (name)
     where q.queue_id = any (i_queue_ids)
     group by q.queue_id
$$;
