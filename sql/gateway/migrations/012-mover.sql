-- These tables belong to the database that events are moved into. What a mover has applied of a source is the tick that
-- pgq_ext has recorded for it, under the names of both; these rows say what a tick's number alone cannot.

-- A mover without a row is not paused.
create table pgq_gateway.mover (
    mover           text primary key,
    is_paused       bool not null
);

create table pgq_gateway.mover_source (
    mover           text not null,
    -- This is DATABASE/QUEUE, percent-encoded, by the names that the gateways have for them.
    source          text not null,
    -- This tells the queue from any other that ever had these names (queue_origin).
    identity        text not null,
    -- This tells the recorded tick from another one with its number, as after a restore; null before the first.
    tick_time       timestamptz,
    -- Events of the batch that ends at partial_tick are here up to this id; null where no batch is here in part.
    partial_tick    bigint,
    partial_id      bigint,
    -- These queues the events have come from, directly or through other movers.
    upstream        text[] not null default '{}',
    -- Events have gone into these queues of this database.
    target_queues   int4[] not null default '{}',
    events_moved    bigint not null default 0,
    moved_at        timestamptz,
    -- Nothing is moved while this is set; only reset_mover clears it.
    stopped_because text,
    primary key (mover, source)
) with (fillfactor = 50);

-- This is what a gateway has read of a batch: all of it, or a part.
create type pgq_gateway.move as (
    source          text,
    identity        text,
    upstream        text[],
    prev_tick       bigint,
    prev_tick_time  timestamptz,
    tick            bigint,
    tick_time       timestamptz,
    -- The part has the events with ids past after_id and up to last_id; null for the batch's first, and for no events.
    after_id        bigint,
    last_id         bigint,
    is_last         bool
);
