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
          join pgq.subscription main on main.sub_queue = s.sub_queue and main.sub_id = s.sub_id and main.sub_consumer <> s.sub_consumer
          join pgq.consumer mc on mc.co_id = main.sub_consumer
         where s.sub_queue = i_queue_id and s.sub_consumer = i_consumer_id
           and pg_catalog.starts_with(c.co_name, mc.co_name || '.'))
$$;
