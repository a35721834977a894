-- Shows every open batch with the columns of pgq.get_batch_info().
-- Grant: public
drop view if exists pgq_gateway.batch_info;
create view pgq_gateway.batch_info as
select s.sub_batch as batch_id,
       q.queue_name,
       c.co_name as consumer_name,
       t1.tick_time as start_time,
       t2.tick_time as end_time,
       t1.tick_id as prev_tick_id,
       t2.tick_id,
       extract(epoch from current_timestamp - t2.tick_time)::float8 as lag_seconds,
       t1.tick_event_seq as seq_start,
       t2.tick_event_seq as seq_end
  from pgq.subscription s
  join pgq.queue q on q.queue_id = s.sub_queue
  join pgq.consumer c on c.co_id = s.sub_consumer
  join pgq.tick t1 on t1.tick_queue = s.sub_queue and t1.tick_id = s.sub_last_tick
  join pgq.tick t2 on t2.tick_queue = s.sub_queue and t2.tick_id = s.sub_next_tick
 where s.sub_batch is not null;
