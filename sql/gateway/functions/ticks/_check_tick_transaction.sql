-- Refuses (PQ012) a transaction that has written or that keeps its first snapshot: whether the transaction's own
-- events belong to its tick would depend on other traffic, and an old snapshot under a new tick id delivers events
-- twice.
-- Grant: pgq_admin
create or replace function pgq_gateway._check_tick_transaction()
returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    if txid_current_if_assigned() is not null
       or current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
        raise exception 'A tick needs a READ COMMITTED transaction of its own' using errcode = 'PQ012';
    end if;
end $$;
