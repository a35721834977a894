-- Creates a queue with its sequences, event tables and first tick. Returns 1, or 0 where it exists already.
-- PQ012 for NULL. Departure: two sessions that create one queue get 1 and 0, where upstream fails the second with 23505.
-- Grant: pgq_admin
create or replace function pgq.create_queue(i_queue_name text) returns integer
language plpgsql security definer set search_path = pg_catalog, pgq, pg_temp as $$
declare
    q pgq.queue%rowtype;
    id int4;
    leaf text;
begin
    if i_queue_name is null then
        raise exception 'Invalid NULL value' using errcode = 'PQ012', column = 'queue';
    end if;
    perform 1 from pgq.queue where queue_name = i_queue_name;
    if found then
        return 0;
    end if;

    id := nextval('pgq.queue_queue_id_seq');
    insert into pgq.queue (queue_id, queue_name, queue_data_pfx, queue_event_seq, queue_tick_seq)
    values (id, i_queue_name, 'pgq.event_' || id, 'pgq.event_' || id || '_id_seq', 'pgq.event_' || id || '_tick_seq')
    on conflict (queue_name) do nothing
    returning * into q;
    if not found then
        return 0;
    end if;

    execute format('create sequence %s', q.queue_tick_seq);
    execute format('create sequence %s', q.queue_event_seq);
    execute format('create table %s () inherits (pgq.event_template)', q.queue_data_pfx);
    for i in 0 .. q.queue_ntables - 1 loop
        leaf := q.queue_data_pfx || '_' || i;
        execute format('create table %s () inherits (%s)', leaf, q.queue_data_pfx);
        execute format('alter table %s alter column ev_id set default nextval(%L)', leaf, q.queue_event_seq);
        execute format('create index event_%s_%s_txid_idx on %s (ev_txid)', id, i, leaf);
    end loop;

    perform pgq.grant_perms(i_queue_name);
    perform pgq.ticker(i_queue_name);
    perform pgq.tune_storage(i_queue_name);
    return 1;
end;
$$;
