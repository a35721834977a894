-- Tells how many events and ticks these queues had, in equal spans of time up to now: as many as i_points, which cover about
-- i_seconds, as far back as the ticks go. The last span is not over yet. `seconds` is its length so far, at least 1.
--
-- It reads no more than about four ticks of each queue for a span: where there are more, it skips the same number between any
-- two, so that a span may be given what belongs to its neighbour. Nothing is left out or counted twice. Counts are differences of
-- sequence values: rolled-back events and retries are among them.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.queue_history(i_queue_ids int4[], i_seconds int4, i_points int4)
returns table (queue_id int4, start_time timestamptz, seconds float8, events bigint, ticks bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    with spans as materialized (
        select ceil(i_seconds::float8 / i_points) as width, extract(epoch from now())::float8 as now),
    limits as materialized (
        select s.width, s.now, floor(s.now / s.width) as last_span, floor(s.now / s.width) - i_points + 1 as first_span from spans s),
    logs as materialized (
        select asked.queue_id, l.*, first.id as first_id, newest.id as newest_id,
               greatest((newest.id - first.id) / (4 * i_points), 1) as stride
          from (select distinct unnest(i_queue_ids) as queue_id) asked
         cross join limits l
         cross join lateral (
               -- The tick before the first span tells what its first tick has counted.
               select coalesce(
                          (select max(t.tick_id) from pgq.tick t
                            where t.tick_queue = asked.queue_id and t.tick_id < since.id), since.id) as id
                 from (select pgq_gateway._first_tick_since(asked.queue_id, to_timestamp(l.first_span * l.width)) as id) since) first
         cross join lateral (select max(t.tick_id) as id from pgq.tick t where t.tick_queue = asked.queue_id) newest),
    read as materialized (
        select distinct g.queue_id, t.tick_id, t.tick_time, t.tick_event_seq
          from logs g
         cross join lateral (
               select generate_series(g.first_id, g.newest_id, g.stride) as id union all select g.newest_id) wanted
         cross join lateral (
               select t.tick_id, t.tick_time, case t.tick_id when 1 then 0 else t.tick_event_seq end as tick_event_seq
                 from pgq.tick t
                where t.tick_queue = g.queue_id and t.tick_id >= wanted.id
                order by t.tick_id
                limit 1) t),
    steps as (
        select r.queue_id, floor(extract(epoch from r.tick_time)::float8 / l.width) as span,
               greatest(r.tick_event_seq - lag(r.tick_event_seq) over log, 0) as events,
               r.tick_id - lag(r.tick_id) over log as ticks
          from read r cross join limits l
        window log as (partition by r.queue_id order by r.tick_id)),
    counted as (
        select s.queue_id, s.span, sum(s.events) as events, sum(s.ticks) as ticks from steps s group by s.queue_id, s.span)
    select g.queue_id, to_timestamp(n * g.width), greatest(least(g.width, g.now - n * g.width), 1),
           coalesce(c.events, 0)::bigint, coalesce(c.ticks, 0)::bigint
      from logs g
     cross join lateral (
           select t.tick_time from pgq.tick t where t.tick_queue = g.queue_id order by t.tick_id limit 1) oldest
     cross join lateral generate_series(
           greatest(g.first_span, floor(extract(epoch from oldest.tick_time)::float8 / g.width))::bigint, g.last_span::bigint) n
      left join counted c on c.queue_id = g.queue_id and c.span = n
     order by g.queue_id, n
$$;
