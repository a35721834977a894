-- Notes which of these queues are misnumbered (see pgq_gateway.misnumbered_queue), and returns the names of all of them that are noted.
-- It looks at the newest tick, at the ticks of consumers, at the steps of the rotation and at the highest transaction id of
-- the events: some index probes per queue. It locks the tables of these queues ACCESS SHARE. A notice of kind "misnumbered" tells
-- every gateway of a queue that is noted for the first time.
-- Grant: pgq_admin
create or replace function pgq_gateway.note_misnumbered_queues(i_queue_ids int4[])
returns setof text
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    q record;
    is_ahead bool;
begin
    for q in
        select qu.queue_id, to_regclass(qu.queue_data_pfx) as events,
               coalesce(greatest(qu.queue_switch_step1, qu.queue_switch_step2)
                        >= txid_snapshot_xmax(txid_current_snapshot()), false) as steps_are_ahead,
               exists (select from pgq.tick t
                        where t.tick_queue = qu.queue_id
                          and txid_snapshot_xmax(t.tick_snapshot) > txid_snapshot_xmax(txid_current_snapshot())
                          and t.tick_id = any (array(
                              select max(n.tick_id) from pgq.tick n where n.tick_queue = qu.queue_id
                               union all
                              select unnest(array[s.sub_last_tick, s.sub_next_tick])
                                from pgq.subscription s where s.sub_queue = qu.queue_id)))
                   as ticks_are_ahead
          from pgq.queue qu
         where qu.queue_id = any (i_queue_ids)
           and pgq_gateway._has_own_parts(qu.queue_id, qu.queue_data_pfx, qu.queue_event_seq, qu.queue_tick_seq)
    loop
        is_ahead := q.steps_are_ahead or q.ticks_are_ahead;
        if not is_ahead and q.events is not null then
            execute format('select coalesce(max(ev_txid) >= txid_snapshot_xmax(txid_current_snapshot()), false) from %s', q.events)
               into is_ahead;
        end if;
        continue when not is_ahead;
        insert into pgq_gateway.misnumbered_queue as a (queue_id, tick_id)
        select q.queue_id, max(t.tick_id)
          from pgq.tick t
         where t.tick_queue = q.queue_id
           and txid_snapshot_xmax(t.tick_snapshot) > txid_snapshot_xmax(txid_current_snapshot())
            on conflict (queue_id) do update set tick_id = excluded.tick_id
         where a.tick_id < excluded.tick_id or a.tick_id is null and excluded.tick_id is not null;
        if found then
            perform pg_notify('pgq_gateway', '{"kind":"misnumbered"}');
        end if;
    end loop;
    return query
    select n.queue_name
      from pgq_gateway.misnumbered_queue a
      join pgq.queue n on n.queue_id = a.queue_id
     where a.queue_id = any (i_queue_ids)
     order by n.queue_name;
end $$;
