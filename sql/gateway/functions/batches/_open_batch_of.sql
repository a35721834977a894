-- Finds the open batch of a consumer, or of a member of its group, that has the events of a tick; NULL when none has.
-- Grant: nobody
create or replace function pgq_gateway._open_batch_of(i_queue_id int4, i_sub_id int4, i_tick_id bigint)
returns bigint
language sql stable set search_path = pg_catalog, pg_temp
as $$
    select s.sub_batch
      from pgq.subscription s
     where s.sub_queue = i_queue_id and s.sub_id = i_sub_id and s.sub_batch is not null
       and s.sub_last_tick < i_tick_id and s.sub_next_tick >= i_tick_id
$$;
