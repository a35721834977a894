-- Shows the dead letters of queues that still exist, with the queue's name.
-- Grant: pgq_reader, pgq_admin
drop view if exists pgq_gateway.dead_letter_info;
create view pgq_gateway.dead_letter_info as
select d.*, q.queue_name
  from pgq_gateway.dead_letter d
  join pgq.queue q on q.queue_id = d.queue_id;
