-- Tells where an event of a queue is for each consumer, a cooperative one with its members: WAITING_RETRY, DEAD_LETTER,
-- IN_OPEN_BATCH, PENDING, or PASSED. i_tick_id is the tick of the event, NULL when it is in the log without a tick yet;
-- i_is_logged says whether it is in the log. Of one that is not, only its retries and dead letters are known. PQ001.
--
-- A retry that is due is back in the log under the same id, for its consumer alone. Such a copy counts where it is among the
-- first 200,000 events that its consumer has yet to finish.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.event_consumers(i_queue text, i_event_id bigint, i_tick_id bigint, i_is_logged bool)
returns table (
    consumer_name text, state text, batch_id bigint, retry_at timestamptz, retry_count int4,
    dead_letter_id bigint, reason text, failed_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    at_queue int4 := pgq_gateway._queue_id(i_queue);
    consumer record;
    copy record;
    wanted_tick bigint;
begin
    for consumer in
        select coalesce(c.consumer_name, d.consumer_name) as name, c.sub_id, c.last_tick,
               r.ev_retry_after, r.ev_retry, d.dead_letter_id, d.reason, d.failed_at
          from (select * from pgq_gateway.consumer_info i where i.queue_id = at_queue and i.main_name is null) c
          full join (select * from pgq_gateway.dead_letter l where l.queue_id = at_queue and l.ev_id = i_event_id) d
            on d.consumer_name = c.consumer_name
          left join pgq.retry_queue r on r.ev_owner = c.sub_id and r.ev_id = i_event_id and r.ev_queue = at_queue
         order by name
    loop
        consumer_name := consumer.name;
        retry_at := consumer.ev_retry_after;
        retry_count := consumer.ev_retry;
        dead_letter_id := consumer.dead_letter_id;
        reason := consumer.reason;
        failed_at := consumer.failed_at;
        batch_id := null;
        if retry_at is not null then
            state := 'WAITING_RETRY';
        elsif dead_letter_id is not null then
            state := 'DEAD_LETTER';
        elsif not i_is_logged then
            continue;
        else
            wanted_tick := i_tick_id;
            batch_id := pgq_gateway._open_batch_of(at_queue, consumer.sub_id, wanted_tick);
            if batch_id is null and wanted_tick <= consumer.last_tick then
                select * into copy from pgq_gateway._pending_copy(at_queue, consumer.sub_id, i_event_id);
                if copy.txid is not null then
                    retry_count := copy.retry;
                    wanted_tick := pgq_gateway.tick_of_transaction(i_queue, copy.txid);
                    batch_id := pgq_gateway._open_batch_of(at_queue, consumer.sub_id, wanted_tick);
                end if;
            end if;
            state := case when batch_id is not null then 'IN_OPEN_BATCH'
                          when wanted_tick <= consumer.last_tick then 'PASSED'
                          else 'PENDING' end;
        end if;
        return next;
    end loop;
end $$;
