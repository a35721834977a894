-- Tells whether a committed event of the queue is in none of its ticks although the event sequence may not show it.
-- Without this, such an event would wait for the idle period. True when there is no tick at all. An event is hidden
-- like that when:
-- * its transaction was still open when the newest tick was made, and that tick counted it already;
-- * its nextval was counted by that tick and its transaction began to write later;
-- * it is the first event of a queue made by upstream's PgQ, which counts an unused sequence as 1.
-- The call probes the index between the transactions that are still open, never through their events, so that a large
-- load in progress is not read again and again. It runs with the caller's rights and needs SELECT on event tables.
-- Grant: pgq_admin
create or replace function pgq_gateway._has_unticked_events(i_queue_id int4)
returns bool
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    ticked txid_snapshot;
    current txid_snapshot := txid_current_snapshot();
    ended bigint[];
    open bigint[];
    event_table text;
    answer bool;
begin
    select t.tick_snapshot into ticked
      from pgq.tick t
     where t.tick_queue = i_queue_id
     order by t.tick_id desc
     limit 1;
    if not found then
        return true;
    end if;
    select pgq.quote_fqname(q.queue_data_pfx) into event_table from pgq.queue q where q.queue_id = i_queue_id;
    if not found then
        return false;
    end if;
    ended := array(select x from txid_snapshot_xip(ticked) x where txid_visible_in_snapshot(x, current));
    open := array(select x from txid_snapshot_xip(current) x where x >= txid_snapshot_xmax(ticked) order by x);
    execute format(
        'select exists (select from unnest($1, $2) gap (first, beyond)
                         cross join lateral (select from %1$s where ev_txid >= first and ev_txid < beyond limit 1) e)
             or exists (select from %1$s where ev_txid = any ($3))', event_table)
       into answer
      using txid_snapshot_xmax(ticked) || array(select x + 1 from unnest(open) x),
            open || txid_snapshot_xmax(current),
            ended;
    return answer;
end $$;
