-- Ends a stream's claim and tells those that stand by. Harmless when it has none any more.
create or replace function pgq_gateway.release_stream(i_stream_id uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    gone record;
begin
    for gone in
        delete from pgq_gateway.stream t where t.stream_id = i_stream_id returning t.queue_id
    loop
        perform pg_notify('pgq_gateway', json_build_object('kind', 'released', 'queue', left(q.queue_name, 1000))::text)
           from pgq.queue q where q.queue_id = gone.queue_id;
    end loop;
end $$;

revoke all on function pgq_gateway.release_stream(uuid) from public;
grant execute on function pgq_gateway.release_stream(uuid) to pgq_reader, pgq_admin;
