-- Returns the dead letters of a consumer by ev_id, all of them or x_count after the first x_offset; none for a consumer that
-- nobody knows, or NULL. ev_owner is NULL once the consumer is unregistered. PQ001 unknown queue or NULL, 3F000 without schema
-- pgq_gateway. Departure: PgQ 3 has no such function.
-- Grant: pgq_reader
create or replace function pgq.failed_event_list(x_queue_name text, x_consumer_name text, x_count integer, x_offset integer,
    out ev_failed_reason text, out ev_failed_time timestamptz, out ev_id bigint, out ev_time timestamptz, out ev_txid bigint,
    out ev_owner int4, out ev_retry int4, out ev_type text, out ev_data text, out ev_extra1 text, out ev_extra2 text,
    out ev_extra3 text, out ev_extra4 text)
returns setof record
language plpgsql stable set search_path = pg_catalog, pgq, pg_temp as $$
begin
    perform pgq._check_gateway();
    perform pgq_gateway._queue_id(x_queue_name);
    return query
        select d.reason, d.failed_at, d.ev_id, d.ev_time, d.ev_txid, s.sub_id, d.ev_retry, d.ev_type, d.ev_data,
               d.ev_extra1, d.ev_extra2, d.ev_extra3, d.ev_extra4
          from pgq_gateway.dead_letter_info d
          left join pgq.consumer c on c.co_name = d.consumer_name
          left join pgq.subscription s on s.sub_queue = d.queue_id and s.sub_consumer = c.co_id
         where d.queue_name = x_queue_name and d.consumer_name = x_consumer_name
         order by d.ev_id
         limit x_count offset x_offset;
end;
$$;

create or replace function pgq.failed_event_list(x_queue_name text, x_consumer_name text,
    out ev_failed_reason text, out ev_failed_time timestamptz, out ev_id bigint, out ev_time timestamptz, out ev_txid bigint,
    out ev_owner int4, out ev_retry int4, out ev_type text, out ev_data text, out ev_extra1 text, out ev_extra2 text,
    out ev_extra3 text, out ev_extra4 text)
returns setof record
language plpgsql stable set search_path = pg_catalog, pgq, pg_temp as $$
begin
    return query select * from pgq.failed_event_list(x_queue_name, x_consumer_name, null, null);
end;
$$;
