-- Checks the arguments of a row trigger and takes them apart. PQ012 for any that is wrong or does not go with the event.
-- overrides: expressions by field; ignored, keys, key_list (the keys as written): NULL where not given.
-- Grant: public
create or replace function pgq._trigger_options(i_args text[], i_op text, i_when text, i_level text,
    out queue_name text, out is_skip boolean, out is_deny boolean, out has_backup boolean, out when_expression text,
    out ignored text[], out keys text[], out key_list text, out overrides jsonb)
language plpgsql as $$
declare
    arg text;
    rest text[];
    override text[];
begin
    if i_op = 'TRUNCATE' and i_level <> 'STATEMENT' then
        raise exception 'pgq tRuncate trigger must be fired FOR EACH STATEMENT' using errcode = 'PQ012';
    elsif i_op <> 'TRUNCATE' and i_level <> 'ROW' then
        raise exception 'pgq Ins/Upd/Del trigger must be fired FOR EACH ROW' using errcode = 'PQ012';
    end if;
    -- TG_ARGV counts from 0.
    rest := array(select a from pg_catalog.unnest(i_args) with ordinality u (a, nr) order by nr);
    if pg_catalog.cardinality(rest) = 0 then
        raise exception 'pgq trigger must have destination queue as argument' using errcode = 'PQ012';
    end if;
    queue_name := rest[1];
    is_skip := false;
    is_deny := false;
    has_backup := false;
    overrides := '{}';

    foreach arg in array rest[2:] loop
        override := pg_catalog.regexp_match(arg, '^(ev_type|ev_data|ev_extra[1-4]|when|ignore|pkey)=(.*)$');
        if arg = 'SKIP' then
            is_skip := true;
        elsif arg = 'backup' then
            has_backup := true;
        elsif arg = 'deny' then
            is_deny := true;
        elsif override is null then
            raise exception 'bad param to pgq trigger' using errcode = 'PQ012';
        elsif override[1] = 'when' then
            when_expression := override[2];
        elsif override[1] in ('ignore', 'pkey') then
            rest := array(select pg_catalog.btrim(c) from pg_catalog.unnest(pg_catalog.string_to_array(override[2], ',')) with ordinality u (c, nr) order by nr);
            if override[1] = 'ignore' then
                ignored := rest;
            else
                keys := rest;
                key_list := override[2];
            end if;
        else
            overrides := overrides || pg_catalog.jsonb_build_object(override[1], override[2]);
        end if;
    end loop;

    if is_skip and i_when = 'AFTER' then
        raise exception 'SKIP does not work in AFTER trigger.' using errcode = 'PQ012';
    end if;
    if i_op = 'TRUNCATE' then
        if overrides <> '{}' or when_expression is not null then
            raise exception 'Custom expressions do not make sense for truncater trigger' using errcode = 'PQ012';
        elsif ignored is not null then
            raise exception 'Column ignore does not make sense for truncate trigger' using errcode = 'PQ012';
        elsif keys is not null then
            raise exception 'Custom pkey_list does not make sense for truncate trigger' using errcode = 'PQ012';
        elsif has_backup then
            raise exception 'Backup does not make sense for truncate trigger' using errcode = 'PQ012';
        end if;
    end if;
end;
$$;
