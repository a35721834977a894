-- Counts the dead letters of a consumer: 0 for one that nobody knows, or NULL. PQ001 unknown queue or NULL, 3F000 without schema
-- pgq_gateway. Departure: PgQ 3 has no such function.
-- Grant: pgq_reader
create or replace function pgq.failed_event_count(x_queue_name text, x_consumer_name text) returns integer
language plpgsql stable set search_path = pg_catalog, pgq, pg_temp as $$
begin
    perform pgq._check_gateway();
    perform pgq_gateway._queue_id(x_queue_name);
    return (select count(*)::integer
              from pgq_gateway.dead_letter_info d
             where d.queue_name = x_queue_name and d.consumer_name = x_consumer_name);
end;
$$;
