-- Returns the present snapshot, in which the own transaction counts as open: PostgreSQL leaves the own id out of the list.
-- Gives the transaction an id.
-- Grant: nobody
create or replace function pgq_gateway._open_snapshot()
returns txid_snapshot
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    own bigint := txid_current();
    snap txid_snapshot := txid_current_snapshot();
begin
    if own >= txid_snapshot_xmax(snap) then
        return snap;
    end if;
    return (select format('%s:%s:%s', least(txid_snapshot_xmin(snap), own), txid_snapshot_xmax(snap),
                          string_agg(x::text, ',' order by x))
              from (select own as x union select txid_snapshot_xip(snap)) open)::txid_snapshot;
end $$;
