-- Tells whether a committed event of the queue is not yet visible in the given snapshot, which is that of its newest tick. Probes
-- the ev_txid index of the current table, and of the previous one while events may still be there.
-- Grant: nobody
create or replace function pgq._has_undelivered(i_queue_id int4, i_snapshot txid_snapshot) returns boolean
language plpgsql as $$
declare
    q pgq.queue%rowtype;
    res boolean;
    slot int4;
    open_txids bigint[] := array(select pg_catalog.txid_snapshot_xip(i_snapshot));
begin
    select * into q from pgq.queue where queue_id = i_queue_id;
    foreach slot in array array[q.queue_cur_table, (q.queue_cur_table + q.queue_ntables - 1) % q.queue_ntables] loop
        execute 'select exists (select 1 from ' || pgq.quote_fqname(q.queue_data_pfx || '_' || slot) || ' where ev_txid >= $1)'
             || ' or exists (select 1 from ' || pgq.quote_fqname(q.queue_data_pfx || '_' || slot) || ' where ev_txid = any ($2))'
           into res using pg_catalog.txid_snapshot_xmax(i_snapshot), open_txids;
        if res or pg_catalog.txid_snapshot_xmin(i_snapshot) > q.queue_switch_step2 then
            return res;
        end if;
    end loop;
    return false;
end;
$$;
