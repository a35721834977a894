-- Calls next_coop_batch for several members of one group in one transaction. i_subconsumers and i_stream_ids have
-- equal lengths. Returns a row for each member that has a batch now, with its place in them, from 1. A failure for
-- one fails all.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.next_coop_batches(
    i_queue text, i_consumer text, i_subconsumers text[], i_min_lag interval, i_min_count int4, i_min_interval interval,
    i_dead_interval interval, i_stream_ids uuid[], i_gateway int4)
returns table (place int4, opened pgq_gateway.opened_batch)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    for n in 1..cardinality(i_subconsumers) loop
        opened := pgq_gateway.next_coop_batch(i_queue, i_consumer, i_subconsumers[n], i_min_lag, i_min_count, i_min_interval,
                                              i_dead_interval, i_stream_ids[n], i_gateway);
        if opened.batch_id is not null then
            place := n;
            return next;
        end if;
    end loop;
end $$;
