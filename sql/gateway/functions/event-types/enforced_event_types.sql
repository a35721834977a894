-- Returns the types of a queue whose payloads are checked, each in its newest version, and the revision that they
-- make: the one that insert_events wants to be told. One row has a null type where none is enforced; there is no row
-- for a queue that never had any type, or an unknown one.
-- Grant: pgq_writer, pgq_admin
create or replace function pgq_gateway.enforced_event_types(i_queue text)
returns table (revision bigint, type text, version int4, schema json)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select r.revision, t.type, t.version, v.schema
      from pgq.queue q
      join pgq_gateway.event_registry r on r.queue_id = q.queue_id
      left join pgq_gateway.event_type t on t.queue_id = q.queue_id and t.enforced
      left join pgq_gateway.event_type_version v on v.queue_id = t.queue_id and v.type = t.type and v.version = t.version
     where q.queue_name = i_queue
$$;
