-- Calls insert_events for events of several queues, one queue after another. Arrays are those of finish_and_publish.
-- Grant: nobody
create or replace function pgq_gateway._insert_follow_ups(
    i_queues text[], i_types text[], i_data text[], i_extra1 text[], i_extra2 text[], i_extra3 text[], i_extra4 text[],
    i_revisions bigint[])
returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    target record;
begin
    for target in
        select queue,
               array_agg(type order by n) as types, array_agg(data order by n) as data,
               array_agg(extra1 order by n) as extra1, array_agg(extra2 order by n) as extra2,
               array_agg(extra3 order by n) as extra3, array_agg(extra4 order by n) as extra4,
               max(revision) as revision
          from unnest(i_queues, i_types, i_data, i_extra1, i_extra2, i_extra3, i_extra4, i_revisions)
               with ordinality e (queue, type, data, extra1, extra2, extra3, extra4, revision, n)
         group by queue
         order by queue
    loop
        perform pgq_gateway.insert_events(target.queue, target.types, target.data,
                                          target.extra1, target.extra2, target.extra3, target.extra4, target.revision);
    end loop;
end $$;
