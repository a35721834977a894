-- Every function that reads events returns this.
create type pgq_gateway.event as (
    ev_id bigint, ev_time timestamptz, ev_txid bigint, ev_retry int4, ev_type text, ev_data text,
    ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text);

-- A selection says which events of a batch or a range of ticks are wanted. A field that is null sets no condition.
create type pgq_gateway.event_selection as (
    -- Only events with a greater id are wanted.
    after_id bigint,
    max_count bigint,
    types text[],
    extra1 text, extra2 text, extra3 text, extra4 text);
