-- Tells whether a move may be made that goes elsewhere than into this database, which keeps the mover's records: outcome is
-- `paused`, or one of those of _admit_move. i_move is a pgq_gateway.move. Events past applied_id are to be moved. Locks the row
-- of the source until the end of the transaction.
-- Grant: pgq_writer, pgq_admin
create or replace function pgq_gateway.admit_external_move(
    i_mover text, i_move jsonb, out outcome text, out reason text, out applied_id bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (select from pgq_gateway.mover m where m.mover = i_mover and m.is_paused) then
        outcome := 'paused';
    else
        select a.outcome, a.reason, a.applied_id into outcome, reason, applied_id
          from pgq_gateway._admit_move(i_mover, jsonb_populate_record(null::pgq_gateway.move, i_move)) a;
    end if;
end $$;
