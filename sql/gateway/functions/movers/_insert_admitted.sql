-- Inserts those events of a move_events call whose move is admitted, queue by queue in the order of i_queues. All arrays are
-- read once: to reach an element of a text array by its number, PostgreSQL walks there.
-- Grant: nobody
create or replace function pgq_gateway._insert_admitted(
    i_queues text[], i_revisions bigint[], i_applied bigint[], i_move int4[], i_queue int4[], i_ids bigint[], i_times timestamptz[],
    i_types text[], i_data text[], i_extra1 text[], i_extra2 text[], i_extra3 text[], i_extra4 text[])
returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    perform pgq_gateway.insert_events(i_queues[q.queue], q.types, q.data, q.extra1, q.extra2, q.extra3, q.extra4,
                                      i_revisions[q.queue], q.times)
       from (select e.queue, array_agg(e.type order by e.n) as types, array_agg(e.data order by e.n) as data,
                    array_agg(e.extra1 order by e.n) as extra1, array_agg(e.extra2 order by e.n) as extra2,
                    array_agg(e.extra3 order by e.n) as extra3, array_agg(e.extra4 order by e.n) as extra4,
                    array_agg(e.time order by e.n) as times
               from unnest(i_move, i_queue, i_ids, i_times, i_types, i_data, i_extra1, i_extra2, i_extra3, i_extra4)
                    with ordinality e(move, queue, id, time, type, data, extra1, extra2, extra3, extra4, n)
              where e.id > i_applied[e.move]
              group by e.queue
              order by e.queue) q;
end $$;
