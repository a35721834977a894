-- Shows the registered types of queues that still exist, in every version, with the queue's name.
-- Grant: pgq_reader, pgq_admin
drop view if exists pgq_gateway.event_type_info;
create view pgq_gateway.event_type_info as
select q.queue_name, v.queue_id, v.type, v.version, v.schema, v.breaking, v.registered_at,
       t.enforced, v.version = t.version as is_newest
  from pgq_gateway.event_type t
  join pgq_gateway.event_type_version v on v.queue_id = t.queue_id and v.type = t.type
  join pgq.queue q on q.queue_id = t.queue_id;
