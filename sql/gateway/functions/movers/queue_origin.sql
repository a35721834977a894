-- Tells what a mover has to know of a queue that it reads: its id, an identity that no other queue ever has, and the
-- identities of all queues whose events may be in it: its own, and those that movers bring into it from elsewhere. PQ001.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.queue_origin(
    i_queue text, out queue_id int4, out identity text, out upstream text[])
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    queue_id := pgq_gateway._queue_id(i_queue);
    identity := pgq_gateway._database_identity() || '/' || queue_id;
    upstream := array(select identity
                       union
                      select unnest(s.upstream)
                        from pgq_gateway.mover_source s
                       where s.target_queues @> array[queue_origin.queue_id]);
end $$;
