-- Sets one option of a queue; the value is cast to the column's type, and ranges are not checked. Returns 1.
-- PQ012 for a NULL name or an unknown option (the stray s in that text is upstream's), PQ001 for an unknown queue, 22004 for a
-- NULL value; errors of the cast pass through.
-- Grant: pgq_admin
create or replace function pgq.set_queue_config(x_queue_name text, x_param_name text, x_param_value text) returns integer
language plpgsql security definer set search_path = pg_catalog, pgq, pg_temp as $$
begin
    if x_queue_name is null or x_param_name is null then
        raise exception 'Invalid NULL value' using errcode = 'PQ012';
    end if;
    perform 1 from pgq.queue where queue_name = x_queue_name;
    if not found then
        raise exception 'No such event queue' using errcode = 'PQ001', column = 'queue';
    end if;
    if x_param_name not in ('ticker_max_count', 'ticker_max_lag', 'ticker_idle_period', 'ticker_paused',
                            'rotation_period', 'external_ticker') then
        raise exception 'cannot change parameter "%s"', x_param_name using errcode = 'PQ012';
    end if;
    if x_param_value is null then
        raise exception 'Invalid NULL value' using errcode = '22004';
    end if;

    execute format('update pgq.queue set %I = %L where queue_name = $1', 'queue_' || x_param_name, x_param_value)
      using x_queue_name;
    return 1;
end;
$$;
