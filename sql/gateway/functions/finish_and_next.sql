-- finish_batch and, in the same transaction, next_batch for the stream that delivered the batch: one commit in place of two.
-- The next batch is all null when there is none, and whenever opening it fails: that must not undo the settlement, and the
-- stream's own next_batch tells why. PQ004, PQ011, PQ012 of finish_batch alone. Locks the subscription row.
create or replace function pgq_gateway.finish_and_next(
    i_batch_id bigint, i_token uuid, i_gateway int4,
    i_retry_ids bigint[], i_retry_after_seconds float8[], i_failure_ids bigint[], i_failure_reasons text[],
    i_queue text, i_consumer text, i_min_lag interval, i_min_count int4, i_min_interval interval, i_stream_id uuid,
    out finished bool, out next pgq_gateway.opened_batch)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    finished := pgq_gateway.finish_batch(i_batch_id, i_token, i_gateway, i_retry_ids, i_retry_after_seconds,
                                         i_failure_ids, i_failure_reasons);
    if not finished then
        return;
    end if;
    begin
        next := pgq_gateway.next_batch(i_queue, i_consumer, i_min_lag, i_min_count, i_min_interval, i_stream_id, i_gateway);
    exception when others then
        next := null;
    end;
end $$;

revoke all on function pgq_gateway.finish_and_next(bigint, uuid, int4, bigint[], float8[], bigint[], text[],
    text, text, interval, int4, interval, uuid) from public;
grant execute on function pgq_gateway.finish_and_next(bigint, uuid, int4, bigint[], float8[], bigint[], text[],
    text, text, interval, int4, interval, uuid) to pgq_reader, pgq_admin;
