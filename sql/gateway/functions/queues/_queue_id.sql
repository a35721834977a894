-- Returns the id of a queue. PQ001 where there is none. Upstream reports this in several wordings and without a code
-- of its own, so every function of this schema asks here first.
-- Grant: pgq_reader, pgq_writer, pgq_admin
create or replace function pgq_gateway._queue_id(i_queue text)
returns int4
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    found_id int4;
begin
    select q.queue_id into found_id from pgq.queue q where q.queue_name = i_queue;
    if found_id is null then
        raise exception 'Queue % does not exist; create it with createQueue', pgq_gateway._shown(i_queue)
            using errcode = 'PQ001', column = 'queue';
    end if;
    return found_id;
end $$;
