-- Drops a queue with its events, its dead letters and its event types. Returns false when there is no such queue.
-- PQ005 as in _check_parts. PQ008 while consumers are registered, unless i_force: then they are unregistered with it. A table of the queue that was
-- renamed is kept, with its events.
-- Grant: pgq_admin
create or replace function pgq_gateway.drop_queue(i_queue text, i_force bool)
returns bool
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    dropped_id int4;
begin
    -- The drop takes the tick lock first, as the ticker does: a tick under way holds locks that the drop waits for, and
    -- its row refers to the queue's.
    perform pg_advisory_xact_lock(pgq_gateway._tick_lock_class(), q.queue_id) from pgq.queue q where q.queue_name = i_queue;
    select q.queue_id into dropped_id from pgq.queue q where q.queue_name = i_queue for update;
    if dropped_id is null then
        return false;
    end if;
    if not i_force and exists (select from pgq.subscription s where s.sub_queue = dropped_id) then
        raise exception 'Queue % still has consumers; unregister them, or drop it with force: true', pgq_gateway._shown(i_queue)
            using errcode = 'PQ008', column = 'force';
    end if;
    perform pgq_gateway._check_parts(dropped_id);
    -- PgQ forgets the retries of consumers that are gone, and they would stop the drop.
    delete from pgq.retry_queue r where r.ev_queue = dropped_id;
    perform pgq_gateway._replace_lost_parts(dropped_id);
    perform pgq.drop_queue(i_queue, i_force);
    delete from pgq_gateway.lease l where l.queue_id = dropped_id;
    delete from pgq_gateway.stream s where s.queue_id = dropped_id;
    perform pgq_gateway._drop_ended_parts();
    delete from pgq_gateway.dead_letter d where d.queue_id = dropped_id;
    update pgq_gateway.event_type_counter c
       set queue_id = null, removed_at = now()
     where c.key = any (array(select pgq_gateway._event_type_key(i_queue, t.type)
                                from pgq_gateway.event_type t where t.queue_id = dropped_id));
    delete from pgq_gateway.event_type_version v where v.queue_id = dropped_id;
    delete from pgq_gateway.event_type t where t.queue_id = dropped_id;
    delete from pgq_gateway.event_registry r where r.queue_id = dropped_id;
    delete from pgq_gateway.misnumbered_queue a where a.queue_id = dropped_id;
    -- This is no tick, but a reason to look: streams that wait for this queue find it gone.
    perform pg_notify('pgq_tick', json_build_object('queue', left(i_queue, 1000), 'tick', '0')::text);
    return true;
end $$;
