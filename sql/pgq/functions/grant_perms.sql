-- Sets the grants of a queue's sequences and copies those of pgq.event_template to its event tables.
-- PQ001 for an unknown queue or NULL.
-- Grant: pgq_admin
create or replace function pgq.grant_perms(x_queue_name text) returns integer
language plpgsql security definer set search_path = pg_catalog, pgq, pg_temp as $$
declare
    q pgq.queue%rowtype;
    parent text;
begin
    select * into q from pgq.queue where queue_name = x_queue_name;
    if not found then
        raise exception 'Queue not found' using errcode = 'PQ001';
    end if;

    execute format('grant select on sequence %s, %s to public',
        pgq.quote_fqname(q.queue_event_seq), pgq.quote_fqname(q.queue_tick_seq));
    execute format('grant usage on sequence %s to pgq_admin', pgq.quote_fqname(q.queue_event_seq));

    parent := split_part(q.queue_data_pfx, '.', 2);
    perform pgq._grant_perms_from('pgq', 'event_template', 'pgq', parent);
    for i in 0 .. q.queue_ntables - 1 loop
        perform pgq._grant_perms_from('pgq', 'event_template', 'pgq', parent || '_' || i);
    end loop;
    return 1;
end;
$$;
