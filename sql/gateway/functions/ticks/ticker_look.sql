-- Does in one statement what the built-in ticker needs of a database where nothing happens: looks for activity, as
-- queue_activity does, whose arguments and results it has; gives a sign of life, as sign_of_life with NULL and i_life does, which
-- says what leads is; and tells when the next event of the retry queue is due, as _next_retry_ms does, or zero where that cannot be read
-- within 0.1 s, as behind a lock.
-- Grant: pgq_admin
create or replace function pgq_gateway.ticker_look(
    i_gateway int4, inout snapshot text, i_queue_ids int4[] default null, i_life uuid default null,
    out queues text, out scan_ms float8, out leads bool, out next_retry_ms float8)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    -- The sign comes second, since its own transaction id would show as activity.
    select a.snapshot, a.queues, a.scan_ms
      into ticker_look.snapshot, ticker_look.queues, ticker_look.scan_ms
      from pgq_gateway.queue_activity(ticker_look.snapshot, i_queue_ids) a;
    leads := pgq_gateway.sign_of_life(i_gateway, null, i_life);
    begin
        perform set_config('lock_timeout', '100ms', true);
        next_retry_ms := pgq_gateway._next_retry_ms();
    exception when others then
        next_retry_ms := 0;
    end;
end $$;
