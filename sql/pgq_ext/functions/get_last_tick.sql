-- Returns the last tick that the consumer has recorded, NULL for none.
-- Grant: pgq_writer
create or replace function pgq_ext.get_last_tick(a_consumer text, a_subconsumer text) returns int8
language plpgsql security definer set search_path = pg_catalog, pgq_ext, pg_temp as $$
begin
    return (select last_tick_id from pgq_ext.completed_tick where consumer_id = a_consumer and subconsumer_id = a_subconsumer);
end;
$$;

create or replace function pgq_ext.get_last_tick(a_consumer text) returns int8
language sql as $$ select pgq_ext.get_last_tick(a_consumer, '') $$;
