-- Finds the next dead letters of a queue that meet conditions as in matching_dead_letters, with ids after i_after up to i_until, at
-- most i_limit, in the order of their ids. Others may remove them meanwhile. PQ001. It follows the index of the ids, whatever the
-- planner knows of the table: to sort what is left for each portion takes a time that grows with its square.
-- Grant: nobody
create or replace function pgq_gateway._next_dead_letters(
    i_queue text, i_consumer text, i_contains text, i_normalized text, i_types text[], i_from timestamptz, i_to timestamptz,
    i_after bigint, i_until bigint, i_limit int4)
returns setof bigint
language plpgsql stable set search_path = pg_catalog, pg_temp set enable_sort = off
as $$
declare
    at_queue int4 := pgq_gateway._queue_id(i_queue);
begin
    return query
    select d.dead_letter_id
      from pgq_gateway.dead_letter d
     where d.queue_id = at_queue and d.dead_letter_id > i_after and d.dead_letter_id <= i_until
       and (i_consumer is null or d.consumer_name = i_consumer)
       and pgq_gateway.dead_letter_meets(d.reason, d.ev_type, d.failed_at, i_contains, i_normalized, i_types, i_from, i_to)
     order by d.dead_letter_id
     limit i_limit;
end $$;
