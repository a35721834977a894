-- Databases from before migrations may have types that are older than their counter. The key is that of _event_type_key.
insert into pgq_gateway.event_type_counter (key, version)
select sha256(convert_to(octet_length(q.queue_name) || ':' || q.queue_name || t.type, getdatabaseencoding())), t.version
  from pgq_gateway.event_type t
  join pgq.queue q on q.queue_id = t.queue_id
    on conflict do nothing;
