-- What the built-in ticker does to one queue in one transaction: makes a tick where PgQ's rules want one. The id of
-- the tick, or NULL; the caller then reads ticker_state.
-- i_only_for_events: leave an idle queue as it is, tick only for committed events that no tick has.
-- Never waits: makes no tick while another session ticks this queue. PQ001, PQ006, PQ007, PQ012 as tick has them.
create or replace function pgq_gateway.ticker_step(i_queue text, i_only_for_events bool)
returns bigint
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    id int4 := pgq_gateway.tickable_queue_id(i_queue);
begin
    if not pg_try_advisory_xact_lock(1885827444, id) then
        return null;
    end if;
    if i_only_for_events
       and (select s.event_seq <= s.tick_event_seq from pgq_gateway.ticker_state(array[i_queue]) s)
       and not pgq_gateway.has_unticked_events(id) then
        return null;
    end if;
    return pgq_gateway.tick_locked(i_queue, id, false);
end $$;

revoke all on function pgq_gateway.ticker_step(text, bool) from public;
grant execute on function pgq_gateway.ticker_step(text, bool) to pgq_admin;
