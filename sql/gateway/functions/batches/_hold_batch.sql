-- Locks the subscription that has a batch open and checks the caller's right to it. found_batch is false when no
-- subscription has it open and the caller's token, if any, is the one that settled it.
--
-- Only the newest token settles a batch that was opened through the gateway; one that was opened otherwise (psql,
-- another client) has none and takes none. PQ011 for any other token. A takeover by a pgq_coop client that knows
-- nothing of leases moves the batch to another subscription, whose lease, if any, is not for this batch: then too the
-- old token is refused.
-- Grant: nobody
create or replace function pgq_gateway._hold_batch(
    i_batch_id bigint, i_token uuid,
    out found_batch bool, out queue_id int4, out queue_name text, out consumer_id int4, out sub_id int4,
    out group_name text, out is_member bool, out gateway int4, out has_staged bool)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    held record;
    lease pgq_gateway.lease;
begin
    -- This project's takeover passes over a member that settles at this moment. Upstream's would bring its batch back to
    -- life, so the lock of its main row keeps that off; members then settle one after another.
    if to_regprocedure('pgq_coop._lock_group(text, text)') is null then
        perform 1
           from pgq_gateway.consumer_info c
           join pgq.consumer n on n.co_name = c.main_name
           join pgq.subscription s on s.sub_queue = c.queue_id and s.sub_consumer = n.co_id
          where c.current_batch = i_batch_id
            for update of s;
    end if;
    loop
        perform 1 from pgq.subscription s where s.sub_batch = i_batch_id for update;
        found_batch := found;
        -- The batch may be another row's now, if it was taken over while this waited.
        exit when found_batch or not exists (select from pgq.subscription s where s.sub_batch = i_batch_id);
    end loop;
    -- This reads again under the lock: the batch may have been settled or taken over in between.
    select c.* into held from pgq_gateway.consumer_info c where c.current_batch = i_batch_id;
    select l.* into lease
      from pgq_gateway.lease l
     where l.queue_id = held.queue_id and l.consumer_id = held.consumer_id and l.batch_id = i_batch_id;
    perform pgq_gateway._check_parts(held.queue_id);
    if found_batch and lease.token is not distinct from i_token then
        queue_id := held.queue_id;
        queue_name := held.queue_name;
        consumer_id := held.consumer_id;
        sub_id := held.sub_id;
        group_name := coalesce(held.main_name, held.consumer_name);
        is_member := held.main_name is not null;
        gateway := lease.gateway;
        has_staged := lease.has_staged;
        return;
    end if;
    if found_batch and i_token is null then
        raise exception 'This batch is held under a lease; pass its leaseToken'
            using errcode = 'PQ011', column = 'leaseToken';
    end if;
    if i_token is not null
       and (found_batch or not exists (select from pgq_gateway.settled_lease s
                                        where s.slot = pgq_gateway._lease_slot(i_token) and s.token = i_token)) then
        raise exception 'This lease has ended: another worker opened the batch after it, or settled it'
            using errcode = 'PQ011', column = 'leaseToken';
    end if;
    found_batch := false;
end $$;
