-- Counts the dead letters of a queue (of i_consumer alone, unless that is null) that meet conditions as in dead_letter_meets, and
-- returns the highest id among them. PQ001.
-- Grant: pgq_admin
create or replace function pgq_gateway.matching_dead_letters(
    i_queue text, i_consumer text, i_contains text, i_normalized text, i_types text[], i_from timestamptz, i_to timestamptz,
    out letter_count bigint, out last_id bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    at_queue int4 := pgq_gateway._queue_id(i_queue);
begin
    select count(*), max(d.dead_letter_id) into letter_count, last_id
      from pgq_gateway.dead_letter d
     where d.queue_id = at_queue
       and (i_consumer is null or d.consumer_name = i_consumer)
       and pgq_gateway.dead_letter_meets(d.reason, d.ev_type, d.failed_at, i_contains, i_normalized, i_types, i_from, i_to);
end $$;
