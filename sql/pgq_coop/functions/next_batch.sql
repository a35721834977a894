-- Calls pgq_coop.next_batch_custom without limits, with or without takeover.
-- Grant: pgq_reader
create or replace function pgq_coop.next_batch(i_queue_name text, i_consumer_name text, i_subconsumer_name text) returns bigint
language sql as $$ select pgq_coop.next_batch_custom($1, $2, $3, null, null, null, null) $$;

create or replace function pgq_coop.next_batch(i_queue_name text, i_consumer_name text, i_subconsumer_name text,
    i_dead_interval interval) returns bigint
language sql as $$ select pgq_coop.next_batch_custom($1, $2, $3, null, null, null, $4) $$;
