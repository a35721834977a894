-- Calls _stage_part for a part with events to publish. finish_staged publishes them for whoever holds the lease, so that
-- this takes a login that is a member of pgq_writer, too (_check_writer).
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.stage_settlement(
    i_batch_id bigint, i_token uuid, i_part int4, i_replaces int4[],
    i_retry_ids bigint[], i_retry_after_seconds float8[], i_failure_ids bigint[], i_failure_reasons text[],
    i_queues text[], i_types text[], i_data text[], i_extra1 text[], i_extra2 text[], i_extra3 text[], i_extra4 text[],
    i_revisions bigint[])
returns bool
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
    select pgq_gateway._check_writer();
    select pgq_gateway._stage_part(i_batch_id, i_token, i_part, i_replaces, i_retry_ids, i_retry_after_seconds,
                                   i_failure_ids, i_failure_reasons, i_queues, i_types, i_data, i_extra1, i_extra2, i_extra3, i_extra4,
                                   i_revisions)
$$;
