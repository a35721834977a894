-- Returns the id of the consumer's next or still open batch, NULL when no tick is ready. Errors are those of
-- pgq.next_batch_custom.
-- Grant: pgq_reader
create or replace function pgq.next_batch(i_queue_name text, i_consumer_name text) returns int8
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    return (select f.batch_id from pgq.next_batch_custom(i_queue_name, i_consumer_name, null, null, null) f);
end;
$$;
