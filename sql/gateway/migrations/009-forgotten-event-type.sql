-- The counter of a type that is gone is kept until ten thousand other types went after it (_forget_event_types).
alter table pgq_gateway.event_type_counter
    -- This queue has the type; null when the type is gone.
    add column queue_id int4,
    add column removed_at timestamptz;

update pgq_gateway.event_type_counter c
   set queue_id = q.queue_id
  from pgq_gateway.event_type t
  join pgq.queue q on q.queue_id = t.queue_id
 where c.key = sha256(convert_to(octet_length(q.queue_name) || ':' || q.queue_name || t.type, getdatabaseencoding()));
update pgq_gateway.event_type_counter set removed_at = now() where queue_id is null;
create index event_type_counter_removed_idx on pgq_gateway.event_type_counter (removed_at) where removed_at is not null;

-- This is the highest version of all types whose counters are forgotten. A type without a counter may be one of them, and begins
-- after it. The table has one row.
create table pgq_gateway.forgotten_event_type (version int4 not null);
insert into pgq_gateway.forgotten_event_type (version) values (0);
