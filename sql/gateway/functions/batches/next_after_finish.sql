-- Opens a stream's next batch in the statement that settles the one before, with one commit for both. i_finished
-- tells whether the batch was settled. All fields are null when it was not, when no batch is ready, and when opening
-- fails: that must not undo the settlement, and the stream's own next_batch reports the failure. Locks the
-- subscription row.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.next_after_finish(
    i_finished bool, i_queue text, i_consumer text, i_min_lag interval, i_min_count int4, i_min_interval interval,
    i_stream_id uuid, i_gateway int4)
returns pgq_gateway.opened_batch
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    if i_finished then
        return pgq_gateway.next_batch(i_queue, i_consumer, i_min_lag, i_min_count, i_min_interval, i_stream_id, i_gateway);
    end if;
    return null;
exception when others then
    return null;
end $$;
