-- Each gateway has a row, which it renews about once a second: a sign of life, dated by this database's clock. The table is
-- unlogged: a sign waits for no disk, and what a crash or a failover empties here was said on sessions that are gone as well.
-- A gateway of a version before this table has no row.
create unlogged table pgq_gateway.gateway (
    gateway         int4 primary key,
    -- This backend serves the session that gives the signs.
    pid             int4 not null,
    seen_at         timestamptz not null,
    -- This is set by whoever found the gateway dead, and may have taken over what it held. The gateway has to begin again.
    presumed_dead   bool not null default false,
    -- This gateway ticks the database.
    leads           bool not null default false
) with (fillfactor = 20);

create unique index gateway_leads_idx on pgq_gateway.gateway (leads) where leads;
