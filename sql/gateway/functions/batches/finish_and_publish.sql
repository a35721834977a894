-- Settles a batch and inserts, in the same transaction, the events that follow from it, into any queues: calls
-- finish_batch, or finish_staged when there are i_parts. Arrays are those of insert_events, with the queue of each event
-- and that queue's revision. Events are inserted only if this call is the one that settles the batch. Takes a login
-- that is a member of pgq_writer, too (_check_writer).
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.finish_and_publish(
    i_batch_id bigint, i_token uuid, i_gateway int4,
    i_retry_ids bigint[], i_retry_after_seconds float8[], i_failure_ids bigint[], i_failure_reasons text[],
    i_queues text[], i_types text[], i_data text[], i_extra1 text[], i_extra2 text[], i_extra3 text[], i_extra4 text[],
    i_revisions bigint[] default null, i_parts int4[] default null)
returns bool
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    finished bool;
begin
    perform pgq_gateway._check_writer();
    if i_parts is null then
        finished := pgq_gateway.finish_batch(i_batch_id, i_token, i_gateway, i_retry_ids, i_retry_after_seconds,
                                             i_failure_ids, i_failure_reasons);
    else
        finished := pgq_gateway.finish_staged(i_batch_id, i_token, i_gateway, i_retry_ids, i_retry_after_seconds,
                                              i_failure_ids, i_failure_reasons, i_parts);
    end if;
    if finished then
        perform pgq_gateway._insert_follow_ups(i_queues, i_types, i_data, i_extra1, i_extra2, i_extra3, i_extra4, i_revisions);
    end if;
    return finished;
end $$;
