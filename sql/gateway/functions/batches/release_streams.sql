-- Ends the claims of these streams and tells the streams that stand by. A stream without a claim is passed over.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.release_streams(i_stream_ids uuid[])
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    notice text;
begin
    for notice in
        with gone as (delete from pgq_gateway.stream t where t.stream_id = any (i_stream_ids)
                      returning t.queue_id, t.consumer_id)
        select json_build_object('kind', 'released', 'queue', q.queue_name, 'consumer', c.co_name)
          from gone
          join pgq.queue q on q.queue_id = gone.queue_id
          join pgq.consumer c on c.co_id = gone.consumer_id
    loop
        -- A payload has a limit; a notice without names is meant for every listener.
        perform pg_notify('pgq_gateway',
                          case when octet_length(notice) < 8000 then notice else '{"kind":"released","queue":null}' end);
    end loop;
end $$;
