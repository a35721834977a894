-- Gives a subscription to one stream alone. Returns null when the stream has it now, however often it asks; otherwise
-- the gateway of the live stream that has it. The claim of a dead gateway's stream is taken over. With i_subconsumer
-- the subscription is that member's, which is registered if missing. PQ001, PQ002, PQ012. Locks the subscription row.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.claim_stream(
    i_queue text, i_consumer text, i_subconsumer text, i_stream_id uuid, i_gateway int4)
returns int4
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    sub record;
    holder pgq_gateway.stream;
begin
    if i_subconsumer is not null then
        perform pgq_gateway.register_subconsumer(i_queue, i_consumer, i_subconsumer);
    else
        perform pgq_gateway._refuse_member(i_queue, i_consumer);
    end if;
    sub := pgq_gateway._lock_subscription(i_queue, concat_ws('.', i_consumer, i_subconsumer));
    select * into holder from pgq_gateway.stream t where t.queue_id = sub.queue_id and t.consumer_id = sub.consumer_id;
    if found and holder.stream_id <> i_stream_id and pgq_gateway._gateway_is_alive(holder.gateway) then
        return holder.gateway;
    end if;
    insert into pgq_gateway.stream as t (queue_id, consumer_id, stream_id, gateway)
    values (sub.queue_id, sub.consumer_id, i_stream_id, i_gateway)
        on conflict (queue_id, consumer_id) do update
       set stream_id = excluded.stream_id, gateway = excluded.gateway, since = now();
    return null;
end $$;
