-- Returns the current snapshot, in which the own transaction counts as open. PostgreSQL leaves the own id out of the list, so
-- that events of the ticking transaction would be in or out of the tick depending on what other transactions did meanwhile.
-- Grant: nobody
create or replace function pgq._tick_snapshot() returns txid_snapshot
language plpgsql as $$
declare
    own bigint := pg_catalog.txid_current();
    snap txid_snapshot := pg_catalog.txid_current_snapshot();
begin
    if own >= pg_catalog.txid_snapshot_xmax(snap) then
        return snap;
    end if;
    return (select pg_catalog.format('%s:%s:%s', least(pg_catalog.txid_snapshot_xmin(snap), own), pg_catalog.txid_snapshot_xmax(snap),
                                     pg_catalog.string_agg(x::text, ',' order by x))
              from (select own as x union select pg_catalog.txid_snapshot_xip(snap)) open)::txid_snapshot;
end;
$$;
