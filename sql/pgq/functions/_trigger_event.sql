-- Logs the change of a row, or of a whole table by TRUNCATE, as an event: the common part of pgq.jsontriga, pgq.logutriga and
-- pgq.sqltriga (i_format json, url, sql). Returns true when the operation is to be cancelled. i_new and i_old are the trigger's.
-- PQ012 for bad arguments or a changed key; errors of pgq.insert_event pass through.
-- Grant: public
create or replace function pgq._trigger_event(i_format text, i_args text[], i_op text, i_when text, i_level text, i_table oid,
    i_schema text, i_table_name text, i_new record, i_old record) returns boolean
-- Without this, the look into the catalog is planned anew for each row.
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
    opt record;
    cols record;
    keys text[];
    key_order text[];
    changed text[];
    logged_names text[];
    not_logged text[];
    encode_row text;
    ev_fields jsonb;
    field text;
    override record;
    the_row record;
    sql_keys text;
    sql_values text[];
    sql_data text;
begin
    opt := pgq._trigger_options(i_args, i_op, i_when, i_level);
    if pg_catalog.current_setting('session_replication_role') = 'local' then
        return false;
    end if;
    if opt.is_deny then
        raise exception 'Table ''%.%'' to queue ''%'': change not allowed (%)', i_schema, i_table_name, opt.queue_name, i_op
            using errcode = 'PQ012';
    end if;

    select pg_catalog.array_agg(c.name) as names, pg_catalog.array_agg(c.as_text) as as_texts,
           pg_catalog.array_agg(c.as_json) as as_jsons, pg_catalog.array_agg(c.has_equality) as has_equality
      into cols from pgq._trigger_columns(i_table) c;
    select c.name into field from pg_catalog.unnest(cols.names) c (name)
     where pg_catalog.starts_with(c.name, '_pgq_ev_') and c.name !~ '^_pgq_ev_(type|data|extra[1-4])$' limit 1;
    if found then
        raise exception 'Unknown magic column: %', field using errcode = 'PQ012';
    end if;
    if opt.keys is not null then
        keys := opt.keys;
    else
        select pg_catalog.array_agg(a.attname::text order by k.nr) into keys
          from pg_catalog.pg_index x
         cross join lateral pg_catalog.unnest(x.indkey) with ordinality k (attnum, nr)
          join pg_catalog.pg_attribute a on a.attrelid = x.indrelid and a.attnum = k.attnum
         where x.indrelid = i_table and x.indisprimary and k.nr <= x.indnkeyatts;
    end if;
    keys := coalesce(keys, '{}');
    if i_op in ('UPDATE', 'DELETE') and pg_catalog.cardinality(keys) = 0 then
        raise exception 'Update/Delete on table without pkey' using errcode = 'PQ012';
    end if;

    if i_op = 'DELETE' then
        the_row := i_old;
    else
        the_row := i_new;
    end if;
    if i_op = 'UPDATE' then
        select pg_catalog.string_agg(pg_catalog.format('case when %s then %L end',
                   case when c.has_equality then pg_catalog.format('($1).%1$I is distinct from ($2).%1$I', c.name)
                        else c.as_text || ' is distinct from ' || pg_catalog.replace(c.as_text, '($1)', '($2)') end, c.name), ', ')
          into field
          from rows from (pg_catalog.unnest(cols.names), pg_catalog.unnest(cols.as_texts), pg_catalog.unnest(cols.has_equality)) c (name, as_text, has_equality);
        execute 'select pg_catalog.array_remove(array[' || field || ']::text[], null)' into changed using i_new, i_old;
        if changed operator(pg_catalog.&&) keys then
            raise exception 'primary key update not allowed' using errcode = 'PQ012';
        end if;
        not_logged := coalesce(opt.ignored, '{}');
        if i_format = 'sql' then
            -- There is nothing to set then.
            not_logged := not_logged operator(pg_catalog.||) array(select c from pg_catalog.unnest(cols.names) c where pg_catalog.starts_with(c, '_pgq_ev_'));
        end if;
        if pg_catalog.cardinality(changed) > 0 and changed operator(pg_catalog.<@) not_logged then
            return opt.is_skip;
        end if;
    end if;

    if opt.when_expression is not null then
        override := pgq._trigger_override(opt.when_expression, the_row);
        if override.type_oid <> 'boolean'::pg_catalog.regtype then
            raise exception 'when= query result must be boolean, got=%', override.type_oid using errcode = 'PQ012';
        elsif override.value is null then
            raise exception 'when= should not be NULL' using errcode = 'PQ012';
        elsif not override.value::boolean then
            return opt.is_skip;
        end if;
    end if;

    ev_fields := pg_catalog.jsonb_build_object('ev_extra1', i_schema || '.' || i_table_name);
    ev_fields := ev_fields || pg_catalog.jsonb_build_object('ev_type', case
        when i_format = 'json' then
            pg_catalog.format('{"op":"%s","table":[%s,%s],"pkey":[%s]}', i_op, pg_catalog.to_json(i_schema), pg_catalog.to_json(i_table_name),
                (select pg_catalog.string_agg(pg_catalog.to_json(k)::text, ',' order by nr) from pg_catalog.unnest(coalesce(pg_catalog.string_to_array(opt.key_list, ','), keys)) with ordinality u (k, nr)))
        when i_op = 'TRUNCATE' then 'R'
        when i_format = 'url' then pg_catalog.left(i_op, 1) || ':' || coalesce(opt.key_list, pg_catalog.array_to_string(keys, ','))
        else pg_catalog.left(i_op, 1) end);

    if i_op = 'TRUNCATE' then
        ev_fields := ev_fields || pg_catalog.jsonb_build_object('ev_data', case when i_format = 'json' then '{}' else '' end);
    else
        select pgq._trigger_encode(case when i_format = 'json' then 'json' else 'url' end, pg_catalog.array_agg(c.name),
                   pg_catalog.array_agg(c.as_text), pg_catalog.array_agg(c.as_json)),
               pg_catalog.array_agg(c.name)
          into encode_row, logged_names
          from rows from (pg_catalog.unnest(cols.names), pg_catalog.unnest(cols.as_texts), pg_catalog.unnest(cols.as_jsons)) c (name, as_text, as_json)
         where c.name <> all (coalesce(opt.ignored, '{}')) and not pg_catalog.starts_with(c.name, '_pgq_ev_');
        if i_format = 'sql' then
            select pg_catalog.array_agg(u.value order by u.nr) into sql_values
              from pg_catalog.unnest(pgq._trigger_texts(cols.as_texts, the_row)) with ordinality u (value, nr);
            sql_data := pgq._trigger_sql(i_op, cols.names, sql_values, keys, logged_names, changed);
            ev_fields := ev_fields || pg_catalog.jsonb_build_object('ev_data', sql_data);
        else
            execute 'select ' || encode_row into field using the_row;
            ev_fields := ev_fields || pg_catalog.jsonb_build_object('ev_data', field);
        end if;
        if opt.has_backup and i_op = 'UPDATE' then
            execute 'select ' || encode_row into field using i_old;
            ev_fields := ev_fields || pg_catalog.jsonb_build_object('ev_extra2', field);
        end if;
        for field in select c.name from pg_catalog.unnest(cols.names) c (name) where pg_catalog.starts_with(c.name, '_pgq_ev_') loop
            override := pgq._trigger_override(pg_catalog.quote_ident(field), the_row);
            ev_fields := ev_fields || pg_catalog.jsonb_build_object(pg_catalog.substr(field, 6), override.value);
        end loop;
        for field in select k from pg_catalog.jsonb_object_keys(opt.overrides) k loop
            override := pgq._trigger_override(opt.overrides ->> field, the_row);
            ev_fields := ev_fields || pg_catalog.jsonb_build_object(field, override.value);
        end loop;
    end if;

    perform pgq.insert_event(opt.queue_name, ev_fields ->> 'ev_type', ev_fields ->> 'ev_data', ev_fields ->> 'ev_extra1',
                             ev_fields ->> 'ev_extra2', ev_fields ->> 'ev_extra3', ev_fields ->> 'ev_extra4');
    return opt.is_skip;
end;
$$;
