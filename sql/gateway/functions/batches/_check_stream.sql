-- Refuses (PQ009) to open a batch past the live stream that has the subscription to itself. i_stream_id is the asking
-- stream, or null for a single call. The caller has locked the subscription.
-- Grant: nobody
create or replace function pgq_gateway._check_stream(i_queue_id int4, i_consumer_id int4, i_stream_id uuid)
returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    holder pgq_gateway.stream;
begin
    select * into holder from pgq_gateway.stream t where t.queue_id = i_queue_id and t.consumer_id = i_consumer_id;
    if found and holder.stream_id = i_stream_id then
        return;
    end if;
    if i_stream_id is not null then
        raise exception 'Another worker has taken this consumer over' using errcode = 'PQ009', column = 'consumer';
    end if;
    if holder.stream_id is not null and pgq_gateway._gateway_is_alive(holder.gateway) then
        raise exception 'A batches subscription is consuming this; end it, or use a cooperative member'
            using errcode = 'PQ009', column = 'consumer';
    end if;
end $$;
