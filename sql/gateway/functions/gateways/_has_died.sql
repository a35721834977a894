-- Tells whether a gateway counts as dead: its last sign of life is not within 5 s of now, or its session is over, which the
-- server notices at once when a process ends. Where sessions are shared none stands for it, and the signs alone tell. A sign of
-- the future is left where the clock was set back.
-- Grant: nobody
create or replace function pgq_gateway._has_died(i_life pgq_gateway.gateway)
returns bool
language sql volatile set search_path = pg_catalog, pg_temp
as $$
    select i_life.presumed_dead
           or abs(extract(epoch from clock_timestamp() - i_life.seen_at)) > 5
           or i_life.pid is not null and not exists (select from pg_stat_get_activity(i_life.pid))
$$;
