-- This table belongs to the database that events are moved into: it says how many sources of a mover each gateway has. A row
-- that is older than a few seconds counts for nothing, so that nobody misses the rows after a crash.
create unlogged table pgq_gateway.mover_share (
    mover           text not null,
    gateway         int4 not null,
    -- It moves so many sources.
    held            int4 not null,
    -- It would move so many more, which other gateways have.
    standing_by     int4 not null,
    seen_at         timestamptz not null,
    primary key (mover, gateway)
) with (fillfactor = 50);
