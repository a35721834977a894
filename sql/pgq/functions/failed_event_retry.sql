-- Gives a dead letter back to its consumer, through the retry queue, due at once. Returns the id of the event, which it keeps;
-- NULL where the consumer has no dead letter of it, or for NULL. PQ001 unknown queue or NULL, PQ002 where the consumer is not
-- registered any more, 3F000 without schema pgq_gateway. Departure: PgQ 3 has no such function.
-- Grant: pgq_admin
create or replace function pgq.failed_event_retry(x_queue_name text, x_consumer_name text, x_event_id bigint) returns bigint
language plpgsql set search_path = pg_catalog, pgq, pg_temp as $$
declare
    moved integer;
begin
    perform pgq._check_gateway();
    perform pgq_gateway._queue_id(x_queue_name);
    moved := pgq_gateway.requeue_dead_letters(
        array(select d.dead_letter_id
                from pgq_gateway.dead_letter_info d
               where d.queue_name = x_queue_name and d.consumer_name = x_consumer_name and d.ev_id = x_event_id),
        null, null, null);
    return case when moved > 0 then x_event_id end;
end;
$$;
