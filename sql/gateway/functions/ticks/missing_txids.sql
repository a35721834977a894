-- Returns how many transaction ids this server must give out before repair_queue can number the ticks of every queue that is
-- noted as misnumbered; zero or less when there are enough. Each tick takes one that is older than any open transaction.
-- Grant: nobody
create or replace function pgq_gateway.missing_txids()
returns bigint
language sql volatile set search_path = pg_catalog, pg_temp
as $$
    select coalesce(max(ticks.count), 0) + 1 - txid_snapshot_xmin(pgq_gateway._open_snapshot())
      from pgq_gateway.misnumbered_queue a
     cross join lateral (select count(*) from pgq.tick t where t.tick_queue = a.queue_id) ticks
$$;
