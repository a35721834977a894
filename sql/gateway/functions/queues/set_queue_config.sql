-- Sets the options that are not null. PgQ itself takes any value; here a negative one is PQ012, since it would make
-- the ticker or the rotation run at every call. PQ001 for an unknown queue.
-- Grant: pgq_admin
create or replace function pgq_gateway.set_queue_config(
    i_queue text, i_ticker_max_count int4, i_ticker_max_lag interval, i_ticker_idle_period interval,
    i_rotation_period interval, i_external_ticker bool, i_ticker_paused bool)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    setting record;
begin
    perform pgq_gateway._queue_id(i_queue);
    if i_ticker_max_count < 1 then
        raise exception 'tickerMaxCount must be at least 1, got %', i_ticker_max_count
            using errcode = 'PQ012', column = 'tickerMaxCount';
    end if;
    for setting in
        select name, value
          from (values ('tickerMaxLagSeconds', i_ticker_max_lag),
                       ('tickerIdlePeriodSeconds', i_ticker_idle_period),
                       ('rotationPeriodSeconds', i_rotation_period)) as given (name, value)
         where value < interval '0'
    loop
        raise exception '% must not be negative', setting.name using errcode = 'PQ012', column = setting.name;
    end loop;
    for setting in
        select name, value
          from (values ('ticker_max_count', i_ticker_max_count::text),
                       ('ticker_max_lag', i_ticker_max_lag::text),
                       ('ticker_idle_period', i_ticker_idle_period::text),
                       ('rotation_period', i_rotation_period::text),
                       ('external_ticker', i_external_ticker::text),
                       ('ticker_paused', i_ticker_paused::text)) as given (name, value)
         where value is not null
    loop
        perform pgq.set_queue_config(i_queue, setting.name, setting.value);
    end loop;
end $$;
