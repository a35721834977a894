-- The functions that open a batch return it with its lease and, if it was there by then, the tick after its closing one.
-- Databases from before migrations may have the type, with or without that tick.
do $$
begin
    if to_regtype('pgq_gateway.opened_batch') is null then
        create type pgq_gateway.opened_batch as (
            batch_id bigint, queue_name text, consumer_name text, start_time timestamptz, end_time timestamptz,
            prev_tick_id bigint, tick_id bigint, lag_seconds float8, seq_start bigint, seq_end bigint,
            lease_token uuid, next_tick_id bigint, next_tick_time timestamptz);
    elsif not exists (select from pg_attribute a
                        join pg_type t on t.typrelid = a.attrelid
                       where t.oid = 'pgq_gateway.opened_batch'::regtype and a.attname = 'next_tick_id') then
        alter type pgq_gateway.opened_batch add attribute next_tick_id bigint, add attribute next_tick_time timestamptz;
    end if;
end $$;
