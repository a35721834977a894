-- Makes i_schema the newest version of a type, or keeps the present one where i_schema is null; i_enforce null leaves
-- enforcement as it is, false for a new type. i_base is the newest version that the caller has compared i_schema
-- with, 0 for none. Returns the newest version; a type that was removed goes on after its last, and one without a counter
-- after the highest that is forgotten (_forget_event_types). Locks as _lock_event_types does.
--
-- PQ001; PQ014 past 1,000 types of a queue; PQ017 when i_base is not the newest version (any more): nothing is
-- changed, and the caller must look again.
-- Grant: pgq_admin
create or replace function pgq_gateway.register_event_type(
    i_queue text, i_type text, i_base int4, i_schema json, i_breaking bool, i_enforce bool)
returns int4
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    locked_id int4 := pgq_gateway._lock_event_types(i_queue);
    newest int4;
    type_key bytea := pgq_gateway._event_type_key(i_queue, i_type);
begin
    select t.version into newest from pgq_gateway.event_type t where t.queue_id = locked_id and t.type = i_type;
    if coalesce(newest, 0) <> i_base or i_base = 0 and i_schema is null then
        raise exception 'Event type % was changed meanwhile', pgq_gateway._shown(i_type) using errcode = 'PQ017';
    end if;
    if newest is null and (select count(*) from pgq_gateway.event_type t where t.queue_id = locked_id) >= 1000 then
        raise exception 'Queue % has 1000 event types, and can have no more; remove some', pgq_gateway._shown(i_queue)
            using errcode = 'PQ014', column = 'type';
    end if;
    if newest is null then
        perform pgq_gateway._forget_event_types();
    end if;
    newest := i_base;
    if i_schema is not null then
        insert into pgq_gateway.event_type_counter as c (key, version, queue_id)
        values (type_key, 0, locked_id)
            on conflict (key) do update set queue_id = excluded.queue_id, removed_at = null;
        -- Another session may have forgotten this very counter meanwhile. This statement sees what it has kept.
        update pgq_gateway.event_type_counter c
           set version = greatest(i_base, case c.version when 0 then (select f.version from pgq_gateway.forgotten_event_type f)
                                                        else c.version end) + 1
         where c.key = type_key
        returning c.version into newest;
        insert into pgq_gateway.event_type_version (queue_id, type, version, schema, breaking)
        values (locked_id, i_type, newest, i_schema, i_breaking);
    end if;
    insert into pgq_gateway.event_type as t (queue_id, type, version, enforced)
    values (locked_id, i_type, newest, coalesce(i_enforce, false))
        on conflict (queue_id, type) do update
           set version = excluded.version, enforced = coalesce(i_enforce, t.enforced);
    return newest;
end $$;
