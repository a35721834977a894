-- Tells whether a subscription is a member of a cooperative group: it shares its sub_id with a row whose consumer's name,
-- followed by a dot, begins the member's own. Names decide because the tick columns of a member can look like those of a plain
-- consumer.
-- Grant: nobody
create or replace function pgq._is_subconsumer(i_queue_id int4, i_consumer_id int4) returns boolean
language sql stable as $$
    select exists (
        select 1
          from pgq.subscription s
          join pgq.consumer c on c.co_id = s.sub_consumer
         cross join lateral pg_catalog.generate_series(1, pg_catalog.length(c.co_name)) dot
         where s.sub_queue = i_queue_id and s.sub_consumer = i_consumer_id and pg_catalog.substr(c.co_name, dot, 1) = '.'
           -- A join would let the planner begin with all members of the group.
           and s.sub_id = (select main.sub_id
                             from pgq.subscription main
                            where main.sub_queue = s.sub_queue
                              and main.sub_consumer = (select mc.co_id from pgq.consumer mc
                                                        where mc.co_name = pg_catalog.left(c.co_name, dot - 1))))
$$;
