-- Makes i_subconsumer_name a member of the group of i_consumer_name; the group is made at the newest tick where it is missing.
-- Returns 1, or 0 for one that is a member already. Errors of pgq.register_consumer, and PQ012 where the member's full name
-- (main, dot, sub) is that of a plain consumer or of another group's member. Locks the main consumer's subscription FOR UPDATE.
-- Departure: such a name is refused, where upstream lets both share one row and loses the position of one.
-- Grant: pgq_reader
create or replace function pgq_coop.register_subconsumer(i_queue_name text, i_consumer_name text, i_subconsumer_name text) returns integer
language plpgsql security definer set search_path = pg_catalog, pgq, pg_temp as $$
declare
    member_name text := i_consumer_name || '.' || i_subconsumer_name;
    main pgq.subscription;
    member pgq.subscription;
begin
    perform pgq.register_consumer(i_queue_name, i_consumer_name);
    main := pgq_coop._lock_group(i_queue_name, i_consumer_name);
    if main.sub_id is null then
        raise exception 'main consumer not found' using errcode = 'PQ002', column = 'consumer';
    end if;

    if pgq.register_consumer(i_queue_name, member_name) = 1 then
        member := pgq_coop._subscription(i_queue_name, member_name);
        update pgq.subscription
           set sub_id = main.sub_id, sub_last_tick = null, sub_next_tick = null
         where sub_queue = member.sub_queue and sub_consumer = member.sub_consumer;
        return 1;
    end if;
    member := pgq_coop._subscription(i_queue_name, member_name);
    if member.sub_id <> main.sub_id then
        raise exception 'consumer "%" exists and is not a subconsumer of "%"', member_name, i_consumer_name
            using errcode = 'PQ012', column = 'subconsumer';
    end if;
    return 0;
end;
$$;
