-- Calls _stage_part for a part that has retries and failures alone.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.stage_outcomes(
    i_batch_id bigint, i_token uuid, i_part int4, i_replaces int4[],
    i_retry_ids bigint[], i_retry_after_seconds float8[], i_failure_ids bigint[], i_failure_reasons text[])
returns bool
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
    select pgq_gateway._stage_part(i_batch_id, i_token, i_part, i_replaces, i_retry_ids, i_retry_after_seconds,
                                   i_failure_ids, i_failure_reasons, null, null, null, null, null, null, null, null)
$$;
