-- Opens a batch as next_batch does, for a member of a cooperative consumer: its open batch, or a dead member's, or
-- the group's next. A member that holds a batch counts as dead when nothing was heard of it for i_dead_interval; null
-- takes nothing over. Registers consumer and member where they are missing. Locks the queue's row FOR KEY SHARE, the
-- main row, then the member's.
--
-- PQ001; PQ002 when unregistered meanwhile; PQ009; PQ010 when the main consumer has a batch open by itself; PQ012 for
-- a name that a member cannot have.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.next_coop_batch(
    i_queue text, i_consumer text, i_subconsumer text, i_min_lag interval, i_min_count int4, i_min_interval interval,
    i_dead_interval interval, i_stream_id uuid, i_gateway int4)
returns pgq_gateway.opened_batch
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    ids record;
    main_batch bigint;
    opened_id bigint;
begin
    -- The queue is locked before the rows of the group, as in drop_queue.
    perform pgq_gateway._lock_queue(i_queue);
    -- A member that is there need not wait for others: registrations of one consumer happen one at a time.
    for attempt in 1..2 loop
        select s.sub_queue as queue_id,
               (select c.co_id from pgq.consumer c where c.co_name = i_consumer) as main, s.sub_consumer as member into ids
          from pgq.subscription s
         where s.sub_queue = (select q.queue_id from pgq.queue q where q.queue_name = i_queue)
           and s.sub_consumer = (select c.co_id from pgq.consumer c where c.co_name = i_consumer || '.' || i_subconsumer)
           and s.sub_id = (select m.sub_id from pgq.subscription m
                            where m.sub_queue = s.sub_queue
                              and m.sub_consumer = (select c.co_id from pgq.consumer c where c.co_name = i_consumer));
        exit when found;
        perform pgq_gateway.register_subconsumer(i_queue, i_consumer, i_subconsumer);
    end loop;
    select s.sub_batch into main_batch
      from pgq.subscription s where s.sub_queue = ids.queue_id and s.sub_consumer = ids.main for update;
    if found then
        perform 1 from pgq.subscription s where s.sub_queue = ids.queue_id and s.sub_consumer = ids.member for update;
    end if;
    if not found then
        raise exception 'Consumer % is not registered on queue %; use registerConsumer',
                pgq_gateway._shown(i_consumer || '.' || i_subconsumer), pgq_gateway._shown(i_queue)
            using errcode = 'PQ002', column = 'consumer';
    end if;
    if main_batch is not null then
        raise exception 'Consumer % has a batch open outside its group; finish that first', pgq_gateway._shown(i_consumer)
            using errcode = 'PQ010', column = 'consumer';
    end if;
    perform pgq_gateway._check_stream(ids.queue_id, ids.member, i_stream_id);
    opened_id := pgq_coop.next_batch_custom(i_queue, i_consumer, i_subconsumer, i_min_lag, i_min_count, i_min_interval,
                                            i_dead_interval);
    if opened_id is null then
        return null;
    end if;
    return pgq_gateway._open_lease(ids.queue_id, ids.member, opened_id, i_gateway);
end $$;
