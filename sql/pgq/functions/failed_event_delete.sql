-- Deletes a dead letter of a consumer. Returns 1, or 0 where it has none of this event, or for NULL. PQ001 unknown queue or NULL,
-- 3F000 without schema pgq_gateway. Departure: PgQ 3 has no such function.
-- Grant: pgq_admin
create or replace function pgq.failed_event_delete(x_queue_name text, x_consumer_name text, x_event_id bigint) returns integer
language plpgsql set search_path = pg_catalog, pgq, pg_temp as $$
begin
    perform pgq._check_gateway();
    perform pgq_gateway._queue_id(x_queue_name);
    return pgq_gateway.delete_dead_letters(
        array(select d.dead_letter_id
                from pgq_gateway.dead_letter_info d
               where d.queue_name = x_queue_name and d.consumer_name = x_consumer_name and d.ev_id = x_event_id),
        null, null, null);
end;
$$;
