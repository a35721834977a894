-- Records a move that was made elsewhere than into this database, with the ids of its events. outcome is `moved`, or one of
-- those of _admit_move; then nothing was recorded. Locks the row of the source.
-- Grant: pgq_writer, pgq_admin
create or replace function pgq_gateway.record_external_move(
    i_mover text, i_move jsonb, i_ids bigint[], out outcome text, out reason text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    part pgq_gateway.move := jsonb_populate_record(null::pgq_gateway.move, i_move);
    admission record;
begin
    admission := pgq_gateway._admit_move(i_mover, part);
    outcome := admission.outcome;
    reason := admission.reason;
    if outcome = 'admitted' then
        perform pgq_gateway._record_move(i_mover, part, '{}', '{}', i_ids, admission.applied_id);
        outcome := 'moved';
    end if;
end $$;
