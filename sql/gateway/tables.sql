-- What the gateway keeps beside PgQ. Nothing here refers to PgQ's tables by foreign key: that would put triggers
-- on tables that the gateway may not have made. Queue ids and consumer ids are never used twice, so a row whose
-- queue or consumer is gone is only dead weight; drop_queue and unregister_consumer of this schema clear it.

create schema if not exists pgq_gateway;

-- Who opened a subscription's batch through the gateway. One row per subscription (a cooperative member has its own).
create table if not exists pgq_gateway.lease (
    queue_id        int4 not null,
    consumer_id     int4 not null,
    batch_id        bigint not null,
    -- The only token that settles batch_id; null once it is settled.
    token           uuid,
    -- The gateway process whose stream delivered the batch; null when a mutation opened it.
    gateway         int4,
    opened_at       timestamptz not null default now(),
    primary key (queue_id, consumer_id)
) with (fillfactor = 50);

-- When the worker itself last said that it is at work on the batch; null for never.
alter table pgq_gateway.lease add column if not exists touched_at timestamptz;
alter table pgq_gateway.lease drop column if exists settled_token;

-- Tokens that settled their batches, so that a settle that is repeated after a lost reply can be told from a stale one,
-- whatever others have settled since. A slot goes by the token, and holds the latest: what is forgotten counts as stale.
create table if not exists pgq_gateway.settled_lease (
    slot            int4 primary key,
    token           uuid not null
) with (fillfactor = 50);

-- The one live stream of a subscription. It counts as long as its gateway is alive (_gateway_is_alive).
create table if not exists pgq_gateway.stream (
    queue_id        int4 not null,
    consumer_id     int4 not null,
    stream_id       uuid not null,
    gateway         int4 not null,
    since           timestamptz not null default now(),
    primary key (queue_id, consumer_id)
);

-- Events that a consumer gave up on, copied whole: event tables rotate away underneath. A letter belongs to a
-- consumer by name, so that it outlives the consumer's registration.
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

-- Types of events whose payload has a schema. Rows of a queue that PgQ itself dropped are dead weight too.
create table if not exists pgq_gateway.event_type (
    queue_id        int4 not null,
    type            text not null,
    -- The newest of its versions.
    version         int4 not null,
    -- Events published through the gateway must match the newest version.
    enforced        bool not null,
    primary key (queue_id, type)
);

create table if not exists pgq_gateway.event_type_version (
    queue_id        int4 not null,
    type            text not null,
    version         int4 not null,
    -- As json, since the order of properties is the author's.
    schema          json not null,
    -- It was forced upon readers of the version before.
    breaking        bool not null,
    registered_at   timestamptz not null default now(),
    primary key (queue_id, type, version)
);

-- The highest version that each type was ever given. It outlives the type and its queue, so that of a queue's name and a
-- type's no version is given twice: who knows version 1 of a type would take another version 1 for the same.
create table if not exists pgq_gateway.event_type_counter (
    -- _event_type_key
    key             bytea primary key,
    version         int4 not null
) with (fillfactor = 50);

-- What insert_events looks at to learn whether its caller knows the queue's types as they are. No row: the queue never
-- had any, which is revision 0. A revision is given once: of two states of one queue, or of two queues of one name, no
-- two have the same.
create table if not exists pgq_gateway.event_registry (
    queue_id        int4 primary key,
    revision        bigint not null
) with (fillfactor = 50);

create sequence if not exists pgq_gateway.event_registry_revision;
