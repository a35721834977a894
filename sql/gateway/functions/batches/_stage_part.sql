-- Stages one part of a settlement under a lease, in place of those of i_replaces and of an earlier one of its number.
-- Arrays are those of finish_and_publish; the last eight are null when nothing is published. Checks what finish_staged would
-- refuse, but that an event is named by two parts, of which it need not settle both. Returns false when the batch was
-- settled before. Locks the subscription row.
--
-- PQ004, PQ011 as in retry_events; PQ012 for an event named twice; PQ001, PQ005, PQ017 as in insert_events; PQ014 when the
-- parts of a batch become larger together than 256 MiB: one statement applies them all, and must end within its time-out.
-- Grant: nobody
create or replace function pgq_gateway._stage_part(
    i_batch_id bigint, i_token uuid, i_part int4, i_replaces int4[],
    i_retry_ids bigint[], i_retry_after_seconds float8[], i_failure_ids bigint[], i_failure_reasons text[],
    i_queues text[], i_types text[], i_data text[], i_extra1 text[], i_extra2 text[], i_extra3 text[], i_extra4 text[],
    i_revisions bigint[])
returns bool
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    max_size constant bigint := 256 * 1024 * 1024;
    held record;
    target record;
    part_size bigint := pg_column_size(row(i_retry_ids, i_retry_after_seconds, i_failure_ids, i_failure_reasons, i_queues, i_types,
                                           i_data, i_extra1, i_extra2, i_extra3, i_extra4, i_revisions));
begin
    held := pgq_gateway._hold_batch(i_batch_id, i_token);
    if not held.found_batch then
        return false;
    end if;
    perform pgq_gateway._drop_ended_parts();
    delete from pgq_gateway.staged_part p
     where p.queue_id = held.queue_id and p.consumer_id = held.consumer_id and p.part = any (i_replaces || i_part);
    if part_size + (select coalesce(sum(p.size), 0) from pgq_gateway.staged_part p
                     where p.queue_id = held.queue_id and p.consumer_id = held.consumer_id) > max_size then
        raise exception 'The parts of batch % are larger together than 256 MiB; settle less of it', i_batch_id
            using errcode = 'PQ014', column = 'part';
    end if;
    perform pgq_gateway._check_named_once(i_retry_ids || i_failure_ids, 'retries');
    perform pgq_gateway._check_events(i_batch_id, i_retry_ids || i_failure_ids);
    for target in
        select queue, max(revision) as revision from unnest(i_queues, i_revisions) e (queue, revision) group by queue order by queue
    loop
        -- Without an event it only checks.
        perform pgq_gateway.insert_events(target.queue, '{}', '{}', i_revision => target.revision);
    end loop;
    insert into pgq_gateway.staged_part (
        queue_id, consumer_id, part, token, size, retry_ids, retry_after_seconds, failure_ids, failure_reasons,
        queues, types, data, extra1, extra2, extra3, extra4, revisions)
    values (
        held.queue_id, held.consumer_id, i_part, i_token, part_size, i_retry_ids, i_retry_after_seconds, i_failure_ids,
        i_failure_reasons, i_queues, i_types, i_data, i_extra1, i_extra2, i_extra3, i_extra4, i_revisions);
    update pgq_gateway.lease l
       set has_staged = true
     where l.queue_id = held.queue_id and l.consumer_id = held.consumer_id and not l.has_staged;
    return true;
end $$;
