-- Returns the queues that have lost a table or a sequence, with the names of what is missing. A queue that is being dropped
-- may be among them. Gives up (55P03) where a lock keeps it from reading the queues for 2 s.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.damaged_queues()
returns table (queue_id int4, queue_name text, missing text)
language sql stable security definer set search_path = pg_catalog, pg_temp set lock_timeout = '2s'
as $$
    select q.queue_id, q.queue_name, string_agg(part.name, ', ' order by part.name)
      from pgq.queue q
     cross join lateral (
           select q.queue_data_pfx
            union all
           select q.queue_data_pfx || '_' || n from generate_series(0, q.queue_ntables - 1) n
            union all
           values (q.queue_event_seq), (q.queue_tick_seq)) part (name)
     where to_regclass(part.name) is null
     group by q.queue_id, q.queue_name
     order by q.queue_id
$$;
