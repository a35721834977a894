-- Finds the copy of an event that came back from the retry queue for a consumer, among the first 200,000 events which that
-- consumer has yet to finish: its transaction and how often it came back. NULLs when there is none, or the tick is gone.
-- Grant: nobody
create or replace function pgq_gateway._pending_copy(
    i_queue_id int4, i_sub_id int4, i_event_id bigint, out txid bigint, out retry int4)
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
    at_tick txid_snapshot;
begin
    select t.tick_snapshot into at_tick
      from pgq.tick t
     where t.tick_queue = i_queue_id
       -- Members of a group with open batches lie before its position.
       and t.tick_id = (select min(s.sub_last_tick) from pgq.subscription s where s.sub_queue = i_queue_id and s.sub_id = i_sub_id);
    if at_tick is null then
        return;
    end if;
    execute format(
        'select ev_txid, ev_retry from (select * from (%s) e limit 200000) e'
        ' where ev_id = $1 and ev_retry is not null order by ev_retry desc limit 1',
        pgq_gateway._event_sql(i_queue_id, at_tick, txid_current_snapshot(), i_sub_id))
       into txid, retry
      using i_event_id;
end $$;
