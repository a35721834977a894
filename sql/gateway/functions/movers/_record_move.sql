-- Records that a move is here. i_queue and i_ids are its events', of which those past i_applied_id are new; i_queue is empty
-- for events that are elsewhere.
-- Grant: nobody
create or replace function pgq_gateway._record_move(
    i_mover text, i_part pgq_gateway.move, i_queue_ids int4[], i_queue int4[], i_ids bigint[], i_applied_id bigint)
returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    update pgq_gateway.mover_source s
       set tick_time = case when i_part.is_last then i_part.tick_time else s.tick_time end,
           partial_tick = case when not i_part.is_last then i_part.tick end,
           partial_id = case when not i_part.is_last then i_part.last_id end,
           upstream = array(select unnest(s.upstream) union select unnest(i_part.upstream)),
           target_queues = array(select unnest(s.target_queues) union select unnest(added.queues)),
           events_moved = s.events_moved + added.count,
           moved_at = case when added.count > 0 then clock_timestamp() else s.moved_at end
      from (select count(*), coalesce(array_agg(distinct i_queue_ids[e.queue]) filter (where e.queue is not null), '{}') as queues
              from unnest(i_queue, i_ids) e(queue, id)
             where e.id > i_applied_id) added
     where s.mover = i_mover and s.source = i_part.source;
    if i_part.is_last then
        perform pgq_ext.set_last_tick(i_mover, i_part.source, i_part.tick);
    end if;
end $$;
