-- Shows every consumer with the columns of pgq.get_consumer_info(), and each cooperative member under its main
-- consumer.
--
-- A member is a subscription that shares its sub_id with another one on the queue, whose name it carries in front of
-- a dot: that is how pgq_coop makes them, and upstream keeps no other mark. `main_name` is null for all others. A
-- position whose tick is gone has no lag; the time since the consumer was seen is then the least it can be.
-- Grant: public
drop view if exists pgq_gateway.consumer_info;
create view pgq_gateway.consumer_info as
select s.sub_queue as queue_id,
       q.queue_name,
       s.sub_consumer as consumer_id,
       c.co_name as consumer_name,
       main.main_name,
       s.sub_id,
       coalesce(extract(epoch from current_timestamp - at_tick.tick_time),
                extract(epoch from current_timestamp - s.sub_active))::float8 as lag_seconds,
       extract(epoch from current_timestamp - s.sub_active)::float8 as last_seen_seconds,
       s.sub_last_tick as last_tick,
       s.sub_next_tick as next_tick,
       s.sub_batch as current_batch,
       newest.tick_event_seq - at_tick.tick_event_seq as pending_events
  from pgq.subscription s
  join pgq.queue q on q.queue_id = s.sub_queue
  join pgq.consumer c on c.co_id = s.sub_consumer
  left join pgq.tick at_tick on at_tick.tick_queue = s.sub_queue and at_tick.tick_id = s.sub_last_tick
  left join lateral (
       select t.tick_event_seq
         from pgq.tick t
        where t.tick_queue = s.sub_queue
        order by t.tick_id desc
        limit 1) newest on true
  left join lateral (
       select left(c.co_name, dot - 1) as main_name
         from generate_series(1, length(c.co_name)) dot
        where c.co_name like '%.%' and substr(c.co_name, dot, 1) = '.'
          -- A join would let the planner begin with all members of the group.
          and s.sub_id = (select ms.sub_id
                            from pgq.subscription ms
                           where ms.sub_queue = s.sub_queue
                             and ms.sub_consumer = (select mc.co_id from pgq.consumer mc where mc.co_name = left(c.co_name, dot - 1)))
        order by dot
        limit 1) main on true;
