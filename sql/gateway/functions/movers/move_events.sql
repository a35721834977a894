-- Inserts what a mover has read of its sources, each piece once and in the order of its source, and records how far each
-- source is then: all in one transaction, so that a move whose answer is lost can be repeated. i_moves is a JSON array of
-- pgq_gateway.move. The other arrays say for each event which of the moves (from 1) and of i_queues (from 1) it belongs to,
-- its id at the source, and what insert_events takes; the events of a move stand side by side. i_revisions has one element per
-- queue.
--
-- Returns a row for each move, in order: its outcome is `moved`, `paused`, or one of those of _admit_move; then nothing of
-- that move was done. Raises as insert_events does. Locks the rows of the sources, in the order of their names.
-- Grant: pgq_writer, pgq_admin
create or replace function pgq_gateway.move_events(
    i_mover text, i_moves jsonb, i_queues text[], i_revisions bigint[],
    i_move int4[], i_queue int4[], i_ids bigint[], i_times timestamptz[],
    i_types text[], i_data text[], i_extra1 text[], i_extra2 text[], i_extra3 text[], i_extra4 text[])
returns table (outcome text, reason text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    moves pgq_gateway.move[] := array(select m from jsonb_populate_recordset(null::pgq_gateway.move, i_moves) m);
    queue_ids int4[] := array(select pgq_gateway._queue_id(q) from unnest(i_queues) with ordinality u(q, n) order by n);
    home text := pgq_gateway._database_identity();
    outcomes text[] := array_fill('paused'::text, array[cardinality(moves)]);
    reasons text[] := array_fill(null::text, array[cardinality(moves)]);
    -- Events of a move are inserted whose ids are past its element; null for a move that is not admitted.
    applied bigint[] := array_fill(null::bigint, array[cardinality(moves)]);
    -- A move with the places of its events.
    piece record;
    n int4;
    admission record;
    looped int4;
begin
    if exists (select from pgq_gateway.mover m where m.mover = i_mover and m.is_paused) then
        return query select 'paused', null::text from unnest(moves);
        return;
    end if;
    for piece in
        select m.n, e.first, e.last
          from unnest(moves) with ordinality m(source, i, u, p, pt, t, tt, a, l, is_last, n)
          left join (select u.move, min(u.n) as first, max(u.n) as last
                       from unnest(i_move) with ordinality u(move, n) group by u.move) e on e.move = m.n
         order by m.source loop
        n := piece.n;
        admission := pgq_gateway._admit_move(i_mover, moves[n]);
        if admission.outcome = 'admitted' then
            select q into looped
              from unnest(i_queue[piece.first:piece.last]) e(queue), lateral (select queue_ids[e.queue]) of(q)
             where home || '/' || q = any (moves[n].upstream)
             limit 1;
            if found then
                outcomes[n] := 'unfit';
                reasons[n] := format('Events would go round in a circle: queue %s is where they come from, directly or through other movers',
                                     pgq_gateway._shown((select q.queue_name from pgq.queue q where q.queue_id = looped)));
            else
                outcomes[n] := 'moved';
                applied[n] := admission.applied_id;
                perform pgq_gateway._record_move(i_mover, moves[n], queue_ids, i_queue[piece.first:piece.last],
                                                 i_ids[piece.first:piece.last], admission.applied_id);
            end if;
        else
            outcomes[n] := admission.outcome;
            reasons[n] := admission.reason;
        end if;
    end loop;
    if cardinality(i_queues) = 1 and 0 = all (applied) then
        perform pgq_gateway.insert_events(i_queues[1], i_types, i_data, i_extra1, i_extra2, i_extra3, i_extra4, i_revisions[1], i_times);
    else
        perform pgq_gateway._insert_admitted(i_queues, i_revisions, applied, i_move, i_queue, i_ids, i_times,
                                             i_types, i_data, i_extra1, i_extra2, i_extra3, i_extra4);
    end if;
    return query select * from unnest(outcomes, reasons);
end $$;
