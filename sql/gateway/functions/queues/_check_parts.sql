-- Refuses (PQ005) a queue that names other tables or sequences than its own (_has_own_parts). Passes one that is gone.
-- Grant: pgq_admin
create or replace function pgq_gateway._check_parts(i_queue_id int4)
returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
    q pgq.queue;
begin
    select * into q from pgq.queue where queue_id = i_queue_id;
    if not pgq_gateway._has_own_parts(q.queue_id, q.queue_data_pfx, q.queue_event_seq, q.queue_tick_seq) then
        raise exception 'Queue % names tables or sequences that are not its own; set queue_data_pfx, queue_event_seq and queue_tick_seq of pgq.queue back',
                pgq_gateway._shown(q.queue_name)
            using errcode = 'PQ005', column = 'queue';
    end if;
end $$;
