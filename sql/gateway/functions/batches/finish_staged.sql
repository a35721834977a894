-- Calls finish_batch with the retries and failures of these staged parts beside those that are given, and publishes what
-- the parts have to publish, in their order here. All of it happens in one transaction, and only if this call is the one
-- that settles the batch.
--
-- PQ013 when a part is not there, or was checked against other event types than those of now: then all must be staged
-- again. PQ012 for an event named twice. Otherwise as finish_batch and insert_events.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.finish_staged(
    i_batch_id bigint, i_token uuid, i_gateway int4,
    i_retry_ids bigint[], i_retry_after_seconds float8[], i_failure_ids bigint[], i_failure_reasons text[], i_parts int4[])
returns bool
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    held record;
    n int4;
    staged pgq_gateway.staged_part;
    -- The ids of all failures so far.
    failed bigint[] := i_failure_ids;
    has_published bool := false;
begin
    held := pgq_gateway._hold_batch(i_batch_id, i_token);
    if not held.found_batch then
        return false;
    end if;
    foreach n in array coalesce(i_parts, '{}') loop
        select p.* into staged
          from pgq_gateway.staged_part p
         where p.queue_id = held.queue_id and p.consumer_id = held.consumer_id and p.part = n and p.token = i_token;
        if not found then
            raise exception 'Part % of this settlement is not there: it was never staged, or the database has crashed since; stage all parts again', n
                using errcode = 'PQ013', column = 'stagedParts';
        end if;
        i_retry_ids := i_retry_ids || staged.retry_ids;
        i_retry_after_seconds := i_retry_after_seconds || staged.retry_after_seconds;
        -- Part by part, since reasons may be long.
        perform pgq_gateway.fail_events(i_batch_id, i_token, staged.failure_ids, staged.failure_reasons);
        failed := failed || staged.failure_ids;
        if staged.queues is not null then
            perform pgq_gateway._insert_follow_ups(staged.queues, staged.types, staged.data, staged.extra1, staged.extra2,
                                                   staged.extra3, staged.extra4, staged.revisions);
            has_published := true;
        end if;
    end loop;
    perform pgq_gateway._check_named_once(i_retry_ids || failed, 'stagedParts');
    if has_published then
        -- Only the gateways that staged the parts knew the queues.
        perform pg_notify('pgq_gateway', '{"kind":"published","queue":null}');
    end if;
    return pgq_gateway.finish_batch(i_batch_id, i_token, i_gateway, i_retry_ids, i_retry_after_seconds, i_failure_ids,
                                    i_failure_reasons);
exception when sqlstate 'PQ017' then
    raise exception 'The event types of a queue have changed since part % of this settlement was staged; stage all parts again', n
        using errcode = 'PQ013', column = 'stagedParts';
end $$;
