-- Returns the newest tick of each queue (i_queues null: of all) that has one. Every role may call it, as every role
-- may read those tables.
-- Grant: public
create or replace function pgq_gateway.current_ticks(i_queues text[] default null)
returns table (queue_id int4, queue_name text, tick_id bigint)
language sql stable set search_path = pg_catalog, pg_temp
as $$
    select q.queue_id, q.queue_name, t.tick_id
      from unnest(coalesce(i_queues, array(select a.queue_name from pgq.queue a where i_queues is null))) wanted (name)
     -- Each queue is looked up by itself: a condition on i_queues would let the planner read all of them for one.
     cross join lateral (select a.* from pgq.queue a where a.queue_name = wanted.name limit 1) q
     cross join lateral (select n.tick_id from pgq.tick n
                          where n.tick_queue = q.queue_id
                          order by n.tick_id desc limit 1) t
$$;
