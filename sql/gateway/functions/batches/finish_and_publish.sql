-- Calls finish_batch and inserts, in the same transaction, the events that follow from the batch, into any queues.
-- Arrays are those of insert_events, with the queue of each event and that queue's revision. Events are inserted only
-- if this call is the one that settles the batch. Runs with the caller's rights, and needs those of a reader and a
-- writer.
-- Grant: pgq_admin
create or replace function pgq_gateway.finish_and_publish(
    i_batch_id bigint, i_token uuid, i_gateway int4,
    i_retry_ids bigint[], i_retry_after_seconds float8[], i_failure_ids bigint[], i_failure_reasons text[],
    i_queues text[], i_types text[], i_data text[], i_extra1 text[], i_extra2 text[], i_extra3 text[], i_extra4 text[],
    i_revisions bigint[] default null)
returns bool
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    target record;
begin
    if not pgq_gateway.finish_batch(i_batch_id, i_token, i_gateway, i_retry_ids, i_retry_after_seconds,
                                    i_failure_ids, i_failure_reasons) then
        return false;
    end if;
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
    return true;
end $$;
