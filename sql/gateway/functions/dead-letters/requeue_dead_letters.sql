-- Gives dead letters back to their consumer through the retry queue, due at once, and removes them. Returns how many.
-- i_ids names them, or is null for all of i_queue (of i_consumer alone, unless that is null), at most i_limit. A
-- letter whose event waits in the retry queue already is only removed. PQ001; PQ002 when a consumer is not registered
-- any more: then nothing is moved.
-- Grant: pgq_admin
create or replace function pgq_gateway.requeue_dead_letters(
    i_ids bigint[], i_queue text, i_consumer text, i_limit int4)
returns int4
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    letter record;
    moved int4 := 0;
    chosen_queue int4;
begin
    if i_queue is not null then
        chosen_queue := pgq_gateway._queue_id(i_queue);
    end if;
    for letter in
        select d.*, q.queue_name, pgq_gateway._retry_owner(d.queue_id, d.consumer_name) as sub_id
          from pgq_gateway.dead_letter d
          join pgq.queue q on q.queue_id = d.queue_id
         where (i_ids is null or d.dead_letter_id = any (i_ids))
           and (chosen_queue is null or d.queue_id = chosen_queue)
           and (i_consumer is null or d.consumer_name = i_consumer)
         order by d.dead_letter_id
         limit i_limit
           for update of d
    loop
        if letter.sub_id is null then
            raise exception 'Consumer % is not registered on queue % any more; register it, or delete its dead letters',
                    pgq_gateway._shown(letter.consumer_name), pgq_gateway._shown(letter.queue_name)
                using errcode = 'PQ002', column = 'consumer';
        end if;
        insert into pgq.retry_queue (ev_retry_after, ev_queue, ev_id, ev_time, ev_txid, ev_owner, ev_retry,
                                     ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4)
        values (now(), letter.queue_id, letter.ev_id, letter.ev_time, null, letter.sub_id, coalesce(letter.ev_retry, 0) + 1,
                letter.ev_type, letter.ev_data, letter.ev_extra1, letter.ev_extra2, letter.ev_extra3, letter.ev_extra4)
            on conflict do nothing;
        delete from pgq_gateway.dead_letter d where d.dead_letter_id = letter.dead_letter_id;
        moved := moved + 1;
    end loop;
    return moved;
end $$;
