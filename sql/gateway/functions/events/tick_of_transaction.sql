-- Finds the first tick of a queue that has seen a transaction: its events are in the batch that ends there. NULL when none has.
-- It bisects, since a later tick has seen all that an earlier one has. PQ001.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.tick_of_transaction(i_queue text, i_txid bigint)
returns bigint
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    at_queue int4 := pgq_gateway._queue_id(i_queue);
    lower_id bigint;
    upper_id bigint;
    probe record;
    found_id bigint;
begin
    select min(t.tick_id) - 1, max(t.tick_id) + 1 into lower_id, upper_id from pgq.tick t where t.tick_queue = at_queue;
    while lower_id + 1 < upper_id loop
        -- The newest tick up to the middle decides for all between it and the middle.
        select t.tick_id, t.tick_snapshot into probe
          from pgq.tick t
         where t.tick_queue = at_queue and t.tick_id > lower_id and t.tick_id <= (lower_id + upper_id) / 2
         order by t.tick_id desc
         limit 1;
        if probe.tick_id is null then
            lower_id := (lower_id + upper_id) / 2;
        elsif txid_visible_in_snapshot(i_txid, probe.tick_snapshot) then
            upper_id := probe.tick_id;
            found_id := probe.tick_id;
        else
            lower_id := (lower_id + upper_id) / 2;
        end if;
    end loop;
    return found_id;
end $$;
