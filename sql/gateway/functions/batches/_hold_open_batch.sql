-- Calls _hold_batch for a caller that needs the batch to be open: PQ003 when it is not.
-- Grant: nobody
create or replace function pgq_gateway._hold_open_batch(i_batch_id bigint, i_token uuid)
returns record
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    held record;
begin
    held := pgq_gateway._hold_batch(i_batch_id, i_token);
    if not held.found_batch then
        raise exception 'This batch is not open: it was finished, or never existed'
            using errcode = 'PQ003', column = 'batchId';
    end if;
    return held;
end $$;
