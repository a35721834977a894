-- Records a batch as the consumer's last; true, or false if it is that already. Call it in the transaction that applies the batch.
-- An id of NULL, 0 or below is not recorded. Waits for another transaction that records a batch of the same consumer.
-- Grant: pgq_writer
create or replace function pgq_ext.set_batch_done(a_consumer text, a_subconsumer text, a_batch_id bigint) returns boolean
language plpgsql security definer set search_path = pg_catalog, pgq_ext, pg_temp as $$
begin
    if pgq_ext.is_batch_done(a_consumer, a_subconsumer, a_batch_id) then
        return false;
    end if;
    if a_batch_id > 0 then
        insert into pgq_ext.completed_batch as done (consumer_id, subconsumer_id, last_batch_id)
        values (a_consumer, a_subconsumer, a_batch_id)
        on conflict (consumer_id, subconsumer_id) do update
           set last_batch_id = excluded.last_batch_id
         where done.last_batch_id <> excluded.last_batch_id;
        return found;
    end if;
    return true;
end;
$$;

create or replace function pgq_ext.set_batch_done(a_consumer text, a_batch_id bigint) returns boolean
language sql as $$ select pgq_ext.set_batch_done(a_consumer, '', a_batch_id) $$;
