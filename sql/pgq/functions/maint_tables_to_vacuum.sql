-- Lists the tables that want a vacuum now and then where autovacuum is off; none where it is on.
-- Grant: pgq_admin
create or replace function pgq.maint_tables_to_vacuum() returns setof text
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if pg_catalog.current_setting('autovacuum') = 'on' then
        return;
    end if;
    return query
        select v.name
          from pg_catalog.unnest(array['pgq.subscription', 'pgq.consumer', 'pgq.queue', 'pgq.tick', 'pgq.retry_queue',
                   'pgq_ext.completed_tick', 'pgq_ext.completed_batch', 'pgq_ext.completed_event', 'pgq_ext.partial_batch',
                   'pgq_node.local_state', 'londiste.seq_info', 'txid.epoch', 'londiste.completed']) with ordinality v (name, nr)
         where pg_catalog.to_regclass(v.name) is not null
         order by v.nr;
end;
$$;
