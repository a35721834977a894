-- Inserts those events of a move_events call that go into one queue, the i_number-th, and whose move is admitted.
-- Grant: nobody
create or replace function pgq_gateway._insert_admitted(
    i_name text, i_revision bigint, i_number int4, i_applied bigint[], i_move int4[], i_queue int4[], i_ids bigint[],
    i_times timestamptz[], i_types text[], i_data text[], i_extra1 text[], i_extra2 text[], i_extra3 text[], i_extra4 text[])
returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    chosen int4[] := array(select e.n
                             from unnest(i_move, i_queue, i_ids) with ordinality e(move, queue, id, n)
                            where e.queue = i_number and e.id > i_applied[e.move]
                            order by e.n);
begin
    if cardinality(chosen) = 0 then
        return;
    end if;
    perform pgq_gateway.insert_events(
        i_name, array(select i_types[n] from unnest(chosen) n), array(select i_data[n] from unnest(chosen) n),
        array(select i_extra1[n] from unnest(chosen) n), array(select i_extra2[n] from unnest(chosen) n),
        array(select i_extra3[n] from unnest(chosen) n), array(select i_extra4[n] from unnest(chosen) n),
        i_revision, array(select i_times[n] from unnest(chosen) n));
end $$;
