-- Settles a batch in one transaction: retries and dead letters are recorded, then it is closed, with the function
-- that fits a plain consumer's or a member's row. Returns false when it was settled already, and then does nothing
-- else. i_gateway is the calling gateway: a notice tells another one, whose stream delivered the batch.
--
-- PQ004 for an event that is not in the batch, PQ011 for a stale lease, PQ012 for an event named twice.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.finish_batch(
    i_batch_id bigint, i_token uuid, i_gateway int4,
    i_retry_ids bigint[], i_retry_after_seconds float8[], i_failure_ids bigint[], i_failure_reasons text[])
returns bool
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    held record;
begin
    held := pgq_gateway._hold_batch(i_batch_id, i_token);
    if not held.found_batch then
        return false;
    end if;
    perform pgq_gateway._check_named_once(i_retry_ids || i_failure_ids, 'retries');
    perform pgq_gateway.retry_events(i_batch_id, i_token, i_retry_ids, i_retry_after_seconds);
    perform pgq_gateway.fail_events(i_batch_id, i_token, i_failure_ids, i_failure_reasons);
    if held.is_member then
        perform pgq_coop.finish_batch(i_batch_id);
    else
        perform pgq.finish_batch(i_batch_id);
    end if;
    update pgq_gateway.lease l
       set token = null, has_staged = false
     where l.queue_id = held.queue_id and l.consumer_id = held.consumer_id and l.batch_id = i_batch_id;
    if held.has_staged then
        perform pgq_gateway._drop_ended_parts();
    end if;
    if i_token is not null then
        insert into pgq_gateway.settled_lease as s (slot, token)
        values (pgq_gateway._lease_slot(i_token), i_token)
            on conflict (slot) do update set token = excluded.token;
    end if;
    if held.gateway <> i_gateway then
        perform pg_notify('pgq_gateway', json_build_object('kind', 'settled', 'batch', i_batch_id::text)::text);
    end if;
    return true;
end $$;
