-- Drops the staged parts of all leases that have ended, whichever way. Passes over a part that another session drops at
-- this moment. Costs a scan of staged_part, whose rows are few.
-- Grant: nobody
create or replace function pgq_gateway._drop_ended_parts()
returns void
language sql set search_path = pg_catalog, pg_temp
as $$
    delete from pgq_gateway.staged_part
     where ctid = any (array(
        select p.ctid
          from pgq_gateway.staged_part p
         where not exists (select from pgq_gateway.lease l
                             join pgq.subscription s on s.sub_queue = l.queue_id and s.sub_consumer = l.consumer_id
                                                    and s.sub_batch = l.batch_id
                            where l.queue_id = p.queue_id and l.consumer_id = p.consumer_id and l.token = p.token)
           for update of p skip locked))
$$;
