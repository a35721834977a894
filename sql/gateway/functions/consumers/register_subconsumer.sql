-- Registers a member of a cooperative consumer, and the consumer itself where it is missing. Returns true when the
-- member is new. PQ001 for an unknown queue, PQ012 for a name that a member cannot have, and for a consumer that is a member
-- itself.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.register_subconsumer(i_queue text, i_consumer text, i_subconsumer text)
returns bool
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform pgq_gateway._lock_queue(i_queue);
    perform pgq_gateway._check_member_name(i_consumer, i_subconsumer);
    perform pgq_gateway._lock_consumer_name(i_consumer);
    -- Nobody registers a consumer of the member's full name meanwhile.
    perform pgq_gateway._lock_consumer_name(i_consumer || '.' || i_subconsumer);
    perform pgq_gateway._refuse_member(i_queue, i_consumer);
    return pgq_coop.register_subconsumer(i_queue, i_consumer, i_subconsumer) = 1;
end $$;
