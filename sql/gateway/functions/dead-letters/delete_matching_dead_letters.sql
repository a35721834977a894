-- Deletes the next dead letters (_next_dead_letters). Returns as requeue_matching_dead_letters does. PQ001.
-- Grant: pgq_admin
create or replace function pgq_gateway.delete_matching_dead_letters(
    i_queue text, i_consumer text, i_contains text, i_normalized text, i_types text[], i_from timestamptz, i_to timestamptz,
    i_after bigint, i_until bigint, i_limit int4,
    out last_id bigint, out done_count int4, out failed_count int4)
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
    with next_ids as materialized (
        select id
          from pgq_gateway._next_dead_letters(
               i_queue, i_consumer, i_contains, i_normalized, i_types, i_from, i_to, i_after, i_until, i_limit) id),
    removed as (
        delete from pgq_gateway.dead_letter d where d.dead_letter_id in (select id from next_ids) returning 1)
    select (select max(id) from next_ids), (select count(*) from removed)::int4, 0
$$;
