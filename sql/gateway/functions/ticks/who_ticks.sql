-- Tells who makes the ticks of this database, and whether they are made.
--
-- leader_*: the session of the gateway that leads; only leader_name where sessions are shared, and none is its own. program_*: a session of pgqd, or of another program
-- that calls pgq.ticker() again and again; a name may be empty, a host is NULL on a local socket. All are NULL where
-- there is none, or where the owner of this function may not see the statements of others. queue_count counts the
-- queues that a ticker has to tick, overdue_count those of them whose tick is overdue, by queue_info.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.who_ticks(
    out leader_pid int4, out leader_name text, out leader_host text,
    out program_pid int4, out program_name text, out program_host text,
    out queue_count int4, out overdue_count int4)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    select a.pid, a.application_name, host(a.client_addr) into leader_pid, leader_name, leader_host
      from pg_stat_activity a
     where a.datname = current_database()
       and (a.pid = (select g.pid from pgq_gateway.gateway g where g.leads and not pgq_gateway._has_died(g))
            or pgq_gateway._older_gateway_holds(pgq_gateway._leader_lock_class(), 0)
               and a.pid in (select l.pid from pg_locks l
                              where l.locktype = 'advisory' and l.granted and l.objsubid = 2 and l.objid = 0
                                and l.classid = pgq_gateway._leader_lock_class()::oid))
     limit 1;
    if leader_name is null then
        select pgq_gateway._shared_name(g.gateway) into leader_name
          from pgq_gateway.gateway g
         where g.leads and g.pid is null and not pgq_gateway._has_died(g);
    end if;
    select a.pid, a.application_name, host(a.client_addr) into program_pid, program_name, program_host
      from pg_stat_activity a
     where a.datname = current_database() and a.pid <> pg_backend_pid()
       and a.query ~* '^\s*select\s+(\*\s+from\s+)?pgq\.ticker\(\s*\)' and a.query_start > clock_timestamp() - interval '1 min'
     order by a.query_start desc
     limit 1;
    select count(*), count(q.tick_overdue_seconds) into queue_count, overdue_count
      from pgq_gateway.queue_info q
     where not q.ticker_paused and not q.external_ticker;
end $$;
