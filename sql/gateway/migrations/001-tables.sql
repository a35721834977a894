-- These tables hold what the gateway keeps beside PgQ. Nothing here refers to PgQ's tables by foreign key: that would put
-- triggers on tables that the gateway may not have made. Queue ids and consumer ids are never used twice, so a row whose
-- queue or consumer is gone is only dead weight; drop_queue and unregister_consumer of this schema clear it.
-- A database from before migrations has some of the tables already.

-- A lease says who opened a subscription's batch through the gateway. Each subscription has one row, a cooperative member too.
create table if not exists pgq_gateway.lease (
    queue_id        int4 not null,
    consumer_id     int4 not null,
    batch_id        bigint not null,
    -- Only this token settles batch_id; it is null once the batch is settled.
    token           uuid,
    -- This gateway process delivered the batch on a stream; null when a mutation opened it.
    gateway         int4,
    opened_at       timestamptz not null default now(),
    -- The worker itself last said then that it is at work on the batch; null for never.
    touched_at      timestamptz,
    primary key (queue_id, consumer_id)
) with (fillfactor = 50);

-- Tokens that settled their batches are remembered, so that a settlement that is repeated after a lost reply can be told
-- from a stale one, whatever others have settled since. The token determines its slot (_lease_slot), and a slot holds the
-- latest of its tokens; one that is forgotten counts as stale.
create table if not exists pgq_gateway.settled_lease (
    slot            int4 primary key,
    token           uuid not null
) with (fillfactor = 50);

-- A subscription has at most one live stream. It counts as long as its gateway is alive (_gateway_is_alive).
create table if not exists pgq_gateway.stream (
    queue_id        int4 not null,
    consumer_id     int4 not null,
    stream_id       uuid not null,
    gateway         int4 not null,
    since           timestamptz not null default now(),
    primary key (queue_id, consumer_id)
);

-- Events that a consumer gave up on are copied whole, since event tables rotate away. A letter belongs to a consumer by
-- name, so that it outlives the consumer's registration.
create table if not exists pgq_gateway.dead_letter (
    dead_letter_id  bigint generated always as identity primary key,
    queue_id        int4 not null,
    consumer_name   text not null,
    reason          text,
    failed_at       timestamptz not null default now(),
    ev_id           bigint not null,
    ev_time         timestamptz not null,
    ev_txid         bigint not null,
    ev_retry        int4,
    ev_type         text,
    ev_data         text,
    ev_extra1       text,
    ev_extra2       text,
    ev_extra3       text,
    ev_extra4       text,
    unique (queue_id, consumer_name, ev_id)
);

-- An event type has a schema for its payload. Rows of a queue that PgQ itself dropped are dead weight too.
create table if not exists pgq_gateway.event_type (
    queue_id        int4 not null,
    type            text not null,
    -- This is the newest of its versions.
    version         int4 not null,
    -- Events published through the gateway must match the newest version.
    enforced        bool not null,
    primary key (queue_id, type)
);

create table if not exists pgq_gateway.event_type_version (
    queue_id        int4 not null,
    type            text not null,
    version         int4 not null,
    -- This is not jsonb, since the order of properties is the author's.
    schema          json not null,
    -- This tells whether the version was forced upon readers of the one before.
    breaking        bool not null,
    registered_at   timestamptz not null default now(),
    primary key (queue_id, type, version)
);

-- This counts the highest version that each type was ever given. It outlives the type and its queue, so that no version is
-- given twice to one name of a queue and a type: a client that knows version 1 would take another version 1 for the same.
create table if not exists pgq_gateway.event_type_counter (
    -- See _event_type_key.
    key             bytea primary key,
    version         int4 not null
) with (fillfactor = 50);

-- insert_events looks here to learn whether its caller knows the queue's types as they are. A queue without a row never had
-- any, which is revision 0. A revision is given once: two states of one queue, or of two queues of one name, never share it.
create table if not exists pgq_gateway.event_registry (
    queue_id        int4 primary key,
    revision        bigint not null
) with (fillfactor = 50);

create sequence if not exists pgq_gateway.event_registry_revision;
