-- Returns the places, from 1 on, of those subscriptions (arrays of equal length) that no stream has claimed: for a gateway that
-- hears no notices of releases. i_consumers has member names in full.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.unclaimed(i_queues text[], i_consumers text[])
returns setof int4
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select w.place::int4
      from unnest(i_queues, i_consumers) with ordinality w (queue_name, consumer_name, place)
     where not exists (
           select from pgq_gateway.stream t
             join pgq.queue q on q.queue_id = t.queue_id
             join pgq.consumer c on c.co_id = t.consumer_id
            where q.queue_name = w.queue_name and c.co_name = w.consumer_name)
$$;
