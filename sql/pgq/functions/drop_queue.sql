-- Drops a queue and all its events; with force its consumers are unregistered first. Returns 1. The short form gives NULL for NULL.
-- PQ001 for an unknown queue or NULL, PQ008 where consumers are attached and x_force is false or NULL.
-- Locks the queue row FOR UPDATE and its tables ACCESS EXCLUSIVE. Departure: forgotten retry rows of the queue are deleted,
-- and a queue that has lost a table or a sequence can be dropped.
-- Grant: pgq_admin
create or replace function pgq.drop_queue(x_queue_name text, x_force bool) returns integer
language plpgsql security definer set search_path = pg_catalog, pgq, pg_temp as $$
declare
    q pgq.queue%rowtype;
    member record;
begin
    select * into q from pgq.queue where queue_name = x_queue_name for update;
    if not found then
        raise exception 'No such event queue' using errcode = 'PQ001', column = 'queue';
    end if;

    if x_force then
        delete from pgq.retry_queue where ev_queue = q.queue_id;
        for member in
            select queue_name, consumer_name from pgq.get_consumer_info(x_queue_name)
        loop
            perform pgq.unregister_consumer(member.queue_name, member.consumer_name);
        end loop;
    end if;
    perform 1 from pgq.subscription where sub_queue = q.queue_id;
    if found then
        raise exception 'cannot drop queue, consumers still attached' using errcode = 'PQ008';
    end if;

    for i in 0 .. q.queue_ntables - 1 loop
        execute format('drop table if exists %s', pgq.quote_fqname(q.queue_data_pfx || '_' || i));
    end loop;
    execute format('drop table if exists %s', pgq.quote_fqname(q.queue_data_pfx));
    delete from pgq.retry_queue where ev_queue = q.queue_id;
    delete from pgq.tick where tick_queue = q.queue_id;
    execute format('drop sequence if exists %s', pgq.quote_fqname(q.queue_tick_seq));
    execute format('drop sequence if exists %s', pgq.quote_fqname(q.queue_event_seq));
    delete from pgq.queue where queue_id = q.queue_id;
    return 1;
end;
$$;

create or replace function pgq.drop_queue(x_queue_name text) returns integer
language sql strict as $$ select pgq.drop_queue(x_queue_name, false) $$;
