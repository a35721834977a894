-- A settlement that is too large for one request is staged in parts, which wait here until finish_staged applies them. The
-- table is unlogged: a crash empties it, and finish_staged then finds that parts are missing, so that they are staged again.
create unlogged table pgq_gateway.staged_part (
    queue_id            int4 not null,
    consumer_id         int4 not null,
    part                int4 not null,
    -- The part counts under this lease alone.
    token               uuid not null,
    -- This counts the bytes of the arrays.
    size                bigint not null,
    -- The arrays are those of finish_and_publish; all from queues on are null where nothing is published.
    retry_ids           bigint[],
    retry_after_seconds float8[],
    failure_ids         bigint[],
    failure_reasons     text[],
    queues              text[],
    types               text[],
    data                text[],
    extra1              text[],
    extra2              text[],
    extra3              text[],
    extra4              text[],
    revisions           bigint[],
    primary key (queue_id, consumer_id, part)
);

-- Compression would take longer than all else that is done with a part.
alter table pgq_gateway.staged_part alter column failure_reasons set storage external, alter column data set storage external;

-- This tells that parts are staged under the token, so that the end of any other lease need not look for them.
alter table pgq_gateway.lease add column has_staged bool not null default false;
