-- Returns settings and ticker state of one queue, or of all for NULL, by name; no row for an unknown one. ev_per_sec: average
-- over up to 20 ticks, NULL for one tick. ev_new: numbers of the event sequence since the newest tick, so also those of rolled
-- back events. Departure: a queue's first event is counted.
-- Grant: public
create or replace function pgq.get_queue_info(i_queue_name text, out queue_name text, out queue_ntables integer,
    out queue_cur_table integer, out queue_rotation_period interval, out queue_switch_time timestamptz,
    out queue_external_ticker boolean, out queue_ticker_paused boolean, out queue_ticker_max_count integer,
    out queue_ticker_max_lag interval, out queue_ticker_idle_period interval, out ticker_lag interval,
    out ev_per_sec float8, out ev_new bigint, out last_tick_id bigint)
returns setof record
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    return query
        select q.queue_name, q.queue_ntables, q.queue_cur_table, q.queue_rotation_period, q.queue_switch_time,
               q.queue_external_ticker, q.queue_ticker_paused, q.queue_ticker_max_count, q.queue_ticker_max_lag,
               q.queue_ticker_idle_period,
               current_timestamp - t.tick_time,
               case when t.tick_time > h.tick_time then
                   (t.tick_event_seq - h.tick_event_seq)::float8 / extract(epoch from t.tick_time - h.tick_time)::float8 end,
               coalesce(pg_catalog.pg_sequence_last_value(pg_catalog.to_regclass(q.queue_event_seq)), 0) - t.tick_event_seq,
               t.tick_id
          from pgq.queue q
          left join lateral (
            select k.tick_id, k.tick_time, k.tick_event_seq
              from pgq.tick k where k.tick_queue = q.queue_id order by k.tick_id desc limit 1) t on true
          left join lateral (
            select k.tick_time, k.tick_event_seq
              from pgq.tick k where k.tick_queue = q.queue_id and k.tick_id >= t.tick_id - 20 order by k.tick_id limit 1) h on true
         where i_queue_name is null or q.queue_name = i_queue_name
         order by q.queue_name;
end;
$$;

create or replace function pgq.get_queue_info(out queue_name text, out queue_ntables integer,
    out queue_cur_table integer, out queue_rotation_period interval, out queue_switch_time timestamptz,
    out queue_external_ticker boolean, out queue_ticker_paused boolean, out queue_ticker_max_count integer,
    out queue_ticker_max_lag interval, out queue_ticker_idle_period interval, out ticker_lag interval,
    out ev_per_sec float8, out ev_new bigint, out last_tick_id bigint)
returns setof record
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    return query select * from pgq.get_queue_info(null);
end;
$$;
