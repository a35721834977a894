-- Creates a queue and sets the options given; null leaves PgQ's default. Returns false when the queue exists already,
-- also when another session creates it at the same moment; then nothing is changed. PQ012 for a null name or a value
-- out of range.
-- Grant: pgq_admin
create or replace function pgq_gateway.create_queue(
    i_queue text, i_ticker_max_count int4, i_ticker_max_lag interval, i_ticker_idle_period interval,
    i_rotation_period interval, i_external_ticker bool)
returns bool
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    begin
        if pgq.create_queue(i_queue) = 0 then
            return false;
        end if;
    exception when unique_violation then
        return false;
    end;
    perform pgq_gateway.set_queue_config(i_queue, i_ticker_max_count, i_ticker_max_lag, i_ticker_idle_period,
                                         i_rotation_period, i_external_ticker, null);
    return true;
end $$;
