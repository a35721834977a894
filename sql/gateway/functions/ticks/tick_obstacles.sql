-- Returns the sessions that may keep these queues from being ticked. A row with a queue is a session that holds the queue's
-- tick lock, or that such a one waits for. A row without a queue is the session of the gateway that leads the tickers; where
-- sessions are shared it has no pid. began_at is when its transaction began or, outside one and for the leader, its connection;
-- NULL where this login may not see that, and without a session.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.tick_obstacles(i_queue_ids int4[])
returns table (queue_id int4, pid int4, application_name text, role_name text, began_at timestamptz)
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
    with recursive held (queue_id, class_id, pid) as (
        select l.objid::int4, l.classid::int4, l.pid
          from pg_locks l
         where l.locktype = 'advisory' and l.granted and l.objsubid = 2
           and l.database = (select d.oid from pg_database d where d.datname = current_database())),
    obstacle (queue_id, pid) as (
        select h.queue_id, h.pid from held h where h.class_id = pgq_gateway._tick_lock_class() and h.queue_id = any (i_queue_ids)
         union
        select o.queue_id, b.pid from obstacle o cross join lateral unnest(pg_blocking_pids(o.pid)) b (pid)),
    leader (pid) as (
        select g.pid from pgq_gateway.gateway g where g.leads and g.pid is not null
         union
        select h.pid from held h where h.class_id = pgq_gateway._leader_lock_class() and h.queue_id = 0)
    select o.queue_id, a.pid, a.application_name, r.rolname,
           -- A leader's session begins a transaction with each sign of life.
           case when o.queue_id is null then a.backend_start else coalesce(a.xact_start, a.backend_start) end
      from (select * from obstacle where cardinality(pg_blocking_pids(obstacle.pid)) = 0
             union all
            select null, leader.pid from leader) o
      join pg_stat_activity a on a.pid = o.pid
      left join pg_roles r on r.oid = a.usesysid
     union all
    select null, null, pgq_gateway._shared_name(g.gateway), g.login, null
      from pgq_gateway.gateway g
     where g.leads and g.pid is null and not pgq_gateway._has_died(g)
     order by 1, 2
$$;
