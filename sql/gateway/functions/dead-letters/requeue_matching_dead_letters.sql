-- Gives the next dead letters (_next_dead_letters) back to their consumers, as requeue_dead_letters does. Those of consumers that
-- are not registered any more stay, and are counted as failed. Returns the last id that it has come to; NULL when there is none.
-- PQ001.
-- Grant: pgq_admin
create or replace function pgq_gateway.requeue_matching_dead_letters(
    i_queue text, i_consumer text, i_contains text, i_normalized text, i_types text[], i_from timestamptz, i_to timestamptz,
    i_after bigint, i_until bigint, i_limit int4,
    out last_id bigint, out done_count int4, out failed_count int4)
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
    with next_ids as materialized (
        select id
          from pgq_gateway._next_dead_letters(
               i_queue, i_consumer, i_contains, i_normalized, i_types, i_from, i_to, i_after, i_until, i_limit) id),
    chosen as materialized (
        select d.* from pgq_gateway.dead_letter d where d.dead_letter_id in (select id from next_ids) for update),
    owners as materialized (
        select c.consumer_name, pgq_gateway._retry_owner(c.queue_id, c.consumer_name) as sub_id
          from (select distinct queue_id, consumer_name from chosen) c),
    moved as (
        insert into pgq.retry_queue (ev_retry_after, ev_queue, ev_id, ev_time, ev_txid, ev_owner, ev_retry,
                                     ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4)
        select now(), c.queue_id, c.ev_id, c.ev_time, null, o.sub_id, coalesce(c.ev_retry, 0) + 1,
               c.ev_type, c.ev_data, c.ev_extra1, c.ev_extra2, c.ev_extra3, c.ev_extra4
          from chosen c
          join owners o on o.consumer_name = c.consumer_name
         where o.sub_id is not null
            on conflict do nothing),
    removed as (
        delete from pgq_gateway.dead_letter d
         using chosen c, owners o
         where d.dead_letter_id = c.dead_letter_id and o.consumer_name = c.consumer_name and o.sub_id is not null
        returning d.dead_letter_id)
    select (select max(id) from next_ids), count(r.dead_letter_id)::int4, (count(*) - count(r.dead_letter_id))::int4
      from chosen c
      left join removed r on r.dead_letter_id = c.dead_letter_id
$$;
