-- Deletes dead letters, chosen as in requeue_dead_letters. Returns how many. PQ001.
-- Grant: pgq_admin
create or replace function pgq_gateway.delete_dead_letters(i_ids bigint[], i_queue text, i_consumer text, i_limit int4)
returns int4
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    deleted int4;
    chosen_queue int4;
begin
    if i_queue is not null then
        chosen_queue := pgq_gateway._queue_id(i_queue);
    end if;
    delete from pgq_gateway.dead_letter
     where dead_letter_id in (
           select d.dead_letter_id
             from pgq_gateway.dead_letter d
            where (i_ids is null or d.dead_letter_id = any (i_ids))
              and (chosen_queue is null or d.queue_id = chosen_queue)
              and (i_consumer is null or d.consumer_name = i_consumer)
            order by d.dead_letter_id
            limit i_limit);
    get diagnostics deleted = row_count;
    return deleted;
end $$;
