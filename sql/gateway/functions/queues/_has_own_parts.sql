-- Tells whether a row of pgq.queue names the tables and sequences that PgQ gave the queue. pgq_admin may write those columns, and
-- they become part of statements that run with the rights of an owner. This project's engine has a constraint, upstream has none.
-- Grant: pgq_admin
create or replace function pgq_gateway._has_own_parts(i_queue_id int4, i_data_pfx text, i_event_seq text, i_tick_seq text)
returns bool
language sql immutable parallel safe
as $$
    select i_data_pfx = pg_catalog.concat('pgq.event_', i_queue_id)
       and i_event_seq = pg_catalog.concat('pgq.event_', i_queue_id, '_id_seq')
       and i_tick_seq = pg_catalog.concat('pgq.event_', i_queue_id, '_tick_seq')
$$;
