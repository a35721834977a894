-- Opens a batch for one member of a group, or returns the one that it holds, which also counts as a sign of life. Limits as in
-- pgq.next_batch_custom. Returns NULL when no tick is ready. Group and member are made where they are missing.
--
-- i_dead_interval: a member that holds a batch and gave no sign of life for longer loses it to the caller, the longest silent first;
-- NULL = never. The batch keeps its id, so a member that was only slow can still finish it: fence with a lease of your own.
--
-- PQ010 where the main consumer itself has a batch open (pgq.next_batch was called on it), PQ012 where the names belong to others.
-- Locks the main consumer's subscription, then members', FOR UPDATE.
-- A batch counts as fresh from when it is given, not from when the transaction began, which may have waited for others long since.
-- Departures: that, and only members with a batch are taken over, never one that is finishing at this moment; their rows are cleared and kept.
-- Grant: pgq_reader
create or replace function pgq_coop.next_batch_custom(i_queue_name text, i_consumer_name text, i_subconsumer_name text,
    i_min_lag interval, i_min_count int4, i_min_interval interval, i_dead_interval interval) returns bigint
language plpgsql security definer set search_path = pg_catalog, pgq, pg_temp as $$
declare
    member_name text := i_consumer_name || '.' || i_subconsumer_name;
    main pgq.subscription;
    member pgq.subscription;
    dead pgq.subscription;
    batch record;
begin
    main := pgq_coop._lock_group(i_queue_name, i_consumer_name);
    if main.sub_id is null then
        perform pgq_coop.register_subconsumer(i_queue_name, i_consumer_name, i_subconsumer_name);
        main := pgq_coop._lock_group(i_queue_name, i_consumer_name);
    end if;
    if main.sub_next_tick is not null then
        raise exception 'main consumer has batch open?' using errcode = 'PQ010';
    end if;

    member := pgq_coop._subscription(i_queue_name, member_name);
    if member.sub_id is null then
        perform pgq_coop.register_subconsumer(i_queue_name, i_consumer_name, i_subconsumer_name);
        member := pgq_coop._subscription(i_queue_name, member_name);
    end if;
    if member.sub_id is distinct from main.sub_id then
        raise exception 'consumer "%" exists and is not a subconsumer of "%"', member_name, i_consumer_name
            using errcode = 'PQ012', column = 'subconsumer';
    end if;
    select * into member
      from pgq.subscription
     where sub_queue = member.sub_queue and sub_consumer = member.sub_consumer
       for update;
    if not found then
        raise exception 'subconsumer not found' using errcode = 'PQ002', column = 'subconsumer';
    end if;
    if member.sub_batch is not null then
        update pgq.subscription set sub_active = clock_timestamp()
         where sub_queue = member.sub_queue and sub_consumer = member.sub_consumer;
        return member.sub_batch;
    end if;
    if member.sub_last_tick is not null then
        -- Upstream's pgq.finish_batch leaves this position on a member's row; it would hold back rotation.
        update pgq.subscription set sub_last_tick = null, sub_next_tick = null
         where sub_queue = member.sub_queue and sub_consumer = member.sub_consumer;
    end if;

    if i_dead_interval is not null then
        select * into dead
          from pgq.subscription
         where sub_queue = main.sub_queue and sub_id = main.sub_id
           and sub_consumer not in (main.sub_consumer, member.sub_consumer)
           and sub_batch is not null and sub_active < now() - i_dead_interval
         order by sub_active, sub_consumer
         limit 1
           for update skip locked;
        if found then
            update pgq.subscription set sub_batch = null, sub_last_tick = null, sub_next_tick = null
             where sub_queue = dead.sub_queue and sub_consumer = dead.sub_consumer;
            update pgq.subscription
               set sub_batch = dead.sub_batch, sub_last_tick = dead.sub_last_tick, sub_next_tick = dead.sub_next_tick,
                   sub_active = clock_timestamp()
             where sub_queue = member.sub_queue and sub_consumer = member.sub_consumer;
            return dead.sub_batch;
        end if;
    end if;

    select * into batch
      from pgq.next_batch_custom(i_queue_name, i_consumer_name, i_min_lag, i_min_count, i_min_interval);
    if batch.batch_id is null then
        return null;
    end if;
    -- The group's position moves on now; until the member is done, its own row keeps the ticks of the batch from rotation.
    update pgq.subscription
       set sub_last_tick = batch.cur_tick_id, sub_next_tick = null, sub_batch = null, sub_active = now()
     where sub_queue = main.sub_queue and sub_consumer = main.sub_consumer;
    update pgq.subscription
       set sub_last_tick = batch.prev_tick_id, sub_next_tick = batch.cur_tick_id, sub_batch = batch.batch_id,
           sub_active = clock_timestamp()
     where sub_queue = member.sub_queue and sub_consumer = member.sub_consumer;
    return batch.batch_id;
end;
$$;

create or replace function pgq_coop.next_batch_custom(i_queue_name text, i_consumer_name text, i_subconsumer_name text,
    i_min_lag interval, i_min_count int4, i_min_interval interval) returns bigint
language sql as $$ select pgq_coop.next_batch_custom($1, $2, $3, $4, $5, $6, null) $$;
