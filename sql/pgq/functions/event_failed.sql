-- Gives up on one event of an open batch: copies it to the dead letters of the consumer (of the group, for a member), in the
-- transaction of the caller. The batch stays open. Returns 1, or 0 where the event is there already: its reason stays.
-- PQ003 unknown batch or NULL, PQ004 unknown event or NULL, PQ011 for a batch that the gateway opened under a lease, 3F000
-- without schema pgq_gateway. Locks the subscription row FOR UPDATE. Departure: PgQ 3 has no such function.
-- Grant: pgq_reader
create or replace function pgq.event_failed(x_batch_id bigint, x_event_id bigint, x_reason text) returns integer
language plpgsql set search_path = pg_catalog, pgq, pg_temp as $$
begin
    perform pgq._check_gateway();
    return pgq_gateway._fail_event(x_batch_id, x_event_id, x_reason)::integer;
end;
$$;
