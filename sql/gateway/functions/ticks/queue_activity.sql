-- Tells cheaply whether events may have been inserted or settings changed since an earlier call: that takes a
-- transaction that ended, and then the snapshot differs from what that call gave.
--
-- snapshot: in, what the earlier call gave, or NULL; out, the present one. i_queue_ids: NULL for every queue. queues:
-- NULL when the snapshot is the same; otherwise `<queue id> <last event id> <row version> <last tick id>` of each queue
-- asked for, by id, separated by commas, '' when there is none. A row version is that of ticker_state. scan_ms: how long the
-- server took to read them, in milliseconds, 0 when it did not.
-- Grant: pgq_admin
create or replace function pgq_gateway.queue_activity(
    inout snapshot text, i_queue_ids int4[] default null, out queues text, out scan_ms float8)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    seen text := snapshot;
begin
    -- The snapshot is taken before the queues are read: what ends in between shows in the next call.
    snapshot := txid_current_snapshot();
    scan_ms := 0;
    if snapshot is distinct from seen then
        select coalesce(string_agg(q.queue_id || ' ' || coalesce(pg_sequence_last_value(to_regclass(q.queue_event_seq)), 0)
                                   || ' ' || q.xmin
                                   || ' ' || coalesce(pg_sequence_last_value(to_regclass(q.queue_tick_seq)), 0), ',' order by q.queue_id), '')
          into queues
          from pgq.queue q
         where q.queue_id = any (coalesce(i_queue_ids, array(select a.queue_id from pgq.queue a where i_queue_ids is null)));
        scan_ms := 1000 * extract(epoch from clock_timestamp() - statement_timestamp());
    end if;
end $$;
