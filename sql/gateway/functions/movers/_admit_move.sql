-- Compares a move with what is here of its source, whose row stays locked. outcome is
--   admitted   the events past applied_id follow what is here
--   done       they are here already
--   stopped    the source was stopped before; reason says why
--   unfit      they neither follow nor are here; reason says how so
-- Grant: nobody
create or replace function pgq_gateway._admit_move(
    i_mover text, i_move pgq_gateway.move, out outcome text, out reason text, out applied_id bigint)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    known pgq_gateway.mover_source;
    recorded bigint;
begin
    insert into pgq_gateway.mover_source (mover, source, identity) values (i_mover, i_move.source, i_move.identity)
        on conflict (mover, source) do nothing;
    select * into known from pgq_gateway.mover_source s
     where s.mover = i_mover and s.source = i_move.source for no key update;
    recorded := pgq_ext.get_last_tick(i_mover, i_move.source);
    applied_id := coalesce(known.partial_id, 0);
    outcome := 'unfit';
    if known.stopped_because is not null then
        outcome := 'stopped';
        reason := known.stopped_because;
    elsif known.identity <> i_move.identity then
        reason := 'The source was made anew: it is another queue than the one whose events are here';
    elsif exists (select from pgq_gateway.mover_source s
                   where s.mover = i_mover and s.identity = i_move.identity and s.source <> i_move.source) then
        reason := 'This mover has the same queue under another name, too';
    elsif recorded = i_move.tick and known.tick_time = i_move.tick_time then
        outcome := 'done';
    elsif recorded = i_move.tick or recorded = i_move.prev_tick and known.tick_time <> i_move.prev_tick_time then
        reason := format('Tick %s of the source is another one than was recorded here: the source was restored to an earlier state',
                         recorded);
    elsif recorded > i_move.prev_tick then
        reason := format('The source goes on from tick %s, but its events up to tick %s are here: it was restored to an earlier state, or its consumer was moved back',
                         i_move.prev_tick, recorded);
    elsif recorded < i_move.prev_tick then
        reason := format('The source goes on from tick %s, but only its events up to tick %s are here: its consumer was moved or registered again, or this target was restored to an earlier state',
                         i_move.prev_tick, recorded);
    elsif known.partial_tick <> i_move.tick or coalesce(i_move.after_id, 0) > applied_id then
        reason := format('Only a part of the batch up to tick %s is here, and the source goes on with another batch',
                         known.partial_tick);
    else
        outcome := case when applied_id >= i_move.last_id and not i_move.is_last then 'done' else 'admitted' end;
    end if;
end $$;
