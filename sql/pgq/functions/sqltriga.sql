-- Logs each change of a row as the end of an SQL statement; ev_type is the operation's letter. A trigger function. Arguments:
-- queue name, then any of SKIP, backup, deny, ignore=, pkey=, when=, ev_type=, ev_data=, ev_extra1= to ev_extra4=. For INSERT,
-- UPDATE and DELETE FOR EACH ROW, before or after; for TRUNCATE FOR EACH STATEMENT. Errors: see pgq._trigger_event.
-- Grant: pgq_writer
create or replace function pgq.sqltriga() returns trigger
language plpgsql as $$
begin
    if pgq._trigger_event('sql', tg_argv, tg_op, tg_when, tg_level, tg_relid, tg_table_schema, tg_table_name, new, old)
       or tg_when = 'AFTER' then
        return null;
    end if;
    if tg_op = 'DELETE' then
        return old;
    end if;
    return new;
end;
$$;
