-- Forgets a type in all its versions; if it comes again, it begins with the next. Returns false when there is no such
-- type. PQ001. Locks as _lock_event_types does.
-- Grant: pgq_admin
create or replace function pgq_gateway.remove_event_type(i_queue text, i_type text)
returns bool
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    locked_id int4;
begin
    if not exists (select from pgq_gateway.event_type t
                    where t.queue_id = pgq_gateway._queue_id(i_queue) and t.type = i_type) then
        return false;
    end if;
    locked_id := pgq_gateway._lock_event_types(i_queue);
    update pgq_gateway.event_type_counter c
       set queue_id = null, removed_at = now()
     where c.key = pgq_gateway._event_type_key(i_queue, i_type);
    delete from pgq_gateway.event_type_version v where v.queue_id = locked_id and v.type = i_type;
    delete from pgq_gateway.event_type t where t.queue_id = locked_id and t.type = i_type;
    return found;
end $$;
