SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE SCHEMA pgq;
CREATE SCHEMA pgq_coop;
CREATE SCHEMA pgq_ext;
CREATE SCHEMA pgq_gateway;
CREATE FUNCTION pgq._grant_perms_from(src_schema text, src_table text, dst_schema text, dst_table text) RETURNS integer
    LANGUAGE plpgsql STRICT
    AS $$
declare
    acl record;
begin
    for acl in
        select a.privilege_type, a.is_grantable,
               case when a.grantee = 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) end as grantee
          from pg_catalog.pg_class c
          join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         cross join lateral pg_catalog.aclexplode(c.relacl) a
         where n.nspname = src_schema and c.relname = src_table and a.grantee <> c.relowner
         order by 3, 1
    loop
        execute pg_catalog.format('grant %s on %I.%I to %s%s', acl.privilege_type, dst_schema, dst_table, acl.grantee,
            case when acl.is_grantable then ' with grant option' else '' end);
    end loop;
    return 1;
end;
$$;
CREATE FUNCTION pgq._has_undelivered(i_queue_id integer, i_snapshot txid_snapshot) RETURNS boolean
    LANGUAGE plpgsql
    AS $_$
declare
    q pgq.queue%rowtype;
    res boolean;
    slot int4;
    open_txids bigint[] := array(select pg_catalog.txid_snapshot_xip(i_snapshot));
begin
    select * into q from pgq.queue where queue_id = i_queue_id;
    foreach slot in array array[q.queue_cur_table, (q.queue_cur_table + q.queue_ntables - 1) % q.queue_ntables] loop
        execute 'select exists (select 1 from ' || pgq.quote_fqname(q.queue_data_pfx || '_' || slot) || ' where ev_txid >= $1)'
             || ' or exists (select 1 from ' || pgq.quote_fqname(q.queue_data_pfx || '_' || slot) || ' where ev_txid = any ($2))'
           into res using pg_catalog.txid_snapshot_xmax(i_snapshot), open_txids;
        if res or pg_catalog.txid_snapshot_xmin(i_snapshot) > q.queue_switch_step2 then
            return res;
        end if;
    end loop;
    return false;
end;
$_$;
CREATE FUNCTION pgq._is_subconsumer(i_queue_id integer, i_consumer_id integer) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    select exists (
        select 1
          from pgq.subscription s
          join pgq.consumer c on c.co_id = s.sub_consumer
          join pgq.subscription main on main.sub_queue = s.sub_queue and main.sub_id = s.sub_id and main.sub_consumer <> s.sub_consumer
          join pgq.consumer mc on mc.co_id = main.sub_consumer
         where s.sub_queue = i_queue_id and s.sub_consumer = i_consumer_id
           and pg_catalog.starts_with(c.co_name, mc.co_name || '.'))
$$;
CREATE FUNCTION pgq._tick_queue(i_queue_id integer, i_strict boolean) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
declare
    plan record;
    own bigint;
    tick_seq regclass;
    event_seq_exists boolean;
    new_id bigint;
begin
    if not pg_catalog.pg_try_advisory_xact_lock(1885827444, i_queue_id) then
        return null;
    end if;
    own := pg_catalog.txid_current();
    select * into plan from pgq._ticker_plan(i_queue_id);
    if not found then
        return null;
    end if;
    select pg_catalog.to_regclass(queue_tick_seq), pg_catalog.to_regclass(queue_event_seq) is not null
      into tick_seq, event_seq_exists
      from pgq.queue where queue_id = i_queue_id;
    if tick_seq is null or not event_seq_exists then
        if i_strict then
            raise exception 'Invalid PgQ state: queue % has lost a sequence', plan.queue_name using errcode = 'PQ016';
        end if;
        raise warning 'queue % is not ticked: it has lost a sequence', plan.queue_name;
        return null;
    end if;
    if plan.last_tick_id is not null then
        if pg_catalog.txid_snapshot_xmin(plan.last_snapshot) > own then
            if i_strict then
                raise exception 'Invalid PgQ state: old xmin=%, old xmax=%, cur txid=%', pg_catalog.txid_snapshot_xmin(plan.last_snapshot),
                    pg_catalog.txid_snapshot_xmax(plan.last_snapshot), own using errcode = 'PQ016';
            end if;
            raise warning 'queue % is not ticked: Invalid PgQ state: old xmin=%, old xmax=%, cur txid=%', plan.queue_name,
                pg_catalog.txid_snapshot_xmin(plan.last_snapshot), pg_catalog.txid_snapshot_xmax(plan.last_snapshot), own;
            return null;
        end if;
        if plan.event_seq < plan.last_event_seq then
            raise warning 'Negative new_events?  old=% cur=%', plan.last_event_seq, plan.event_seq;
        end if;
        if pg_catalog.txid_snapshot_xmax(plan.last_snapshot) > own then
            raise warning 'Dubious PgQ state: old xmax=%, cur txid=%', pg_catalog.txid_snapshot_xmax(plan.last_snapshot), own;
        end if;
    end if;
    if not plan.is_due and not (plan.may_owe and pgq._has_undelivered(i_queue_id, plan.last_snapshot)) then
        return null;
    end if;
    if pg_catalog.current_setting('transaction_isolation') not in ('read committed', 'read uncommitted')
       and coalesce(pg_catalog.pg_sequence_last_value(tick_seq), 0) <> coalesce(plan.last_tick_id, 0) then
        raise warning 'queue % is not ticked: the snapshot of this transaction may be older than its newest tick', plan.queue_name;
        return null;
    end if;
    new_id := pg_catalog.nextval(tick_seq);
    if new_id <= plan.last_tick_id and not i_strict then
        raise warning 'queue % is not ticked: its newest tick is %, its tick sequence gave %', plan.queue_name, plan.last_tick_id, new_id;
        return null;
    end if;
    insert into pgq.tick (tick_queue, tick_id, tick_snapshot, tick_event_seq)
    values (i_queue_id, new_id, pgq._tick_snapshot(), plan.event_seq);
    return new_id;
end;
$$;
CREATE FUNCTION pgq._tick_snapshot() RETURNS txid_snapshot
    LANGUAGE plpgsql
    AS $$
declare
    own bigint := pg_catalog.txid_current();
    snap txid_snapshot := pg_catalog.txid_current_snapshot();
begin
    if own >= pg_catalog.txid_snapshot_xmax(snap) then
        return snap;
    end if;
    return (select pg_catalog.format('%s:%s:%s', least(pg_catalog.txid_snapshot_xmin(snap), own), pg_catalog.txid_snapshot_xmax(snap),
                                     pg_catalog.string_agg(x::text, ',' order by x))
              from (select own as x union select pg_catalog.txid_snapshot_xip(snap)) open)::txid_snapshot;
end;
$$;
CREATE FUNCTION pgq._ticker_plan(i_queue_id integer) RETURNS TABLE(queue_id integer, queue_name text, event_seq bigint, last_tick_id bigint, last_snapshot txid_snapshot, last_event_seq bigint, is_due boolean, may_owe boolean)
    LANGUAGE sql
    AS $$
    select q.queue_id, q.queue_name, s.event_seq, t.tick_id, t.tick_snapshot, t.tick_event_seq,
           case when t.tick_id is null or p.tick_id is null then true
                when s.event_seq > t.tick_event_seq then
                    s.event_seq - t.tick_event_seq >= q.queue_ticker_max_count or t.lag >= q.queue_ticker_max_lag
                else not (t.lag < q.queue_ticker_max_lag / 2
                          or (t.lag < 2 * (t.tick_time - p.tick_time) and t.lag < q.queue_ticker_idle_period))
           end,
           coalesce(t.lag >= q.queue_ticker_max_lag
                    -- Nothing was open at the tick when its snapshot lists nothing and ends with the ticker's own transaction.
                    and (t.tick_event_seq is distinct from p.tick_event_seq
                         or t.tick_snapshot::text not like '%:'
                         or (pg_catalog.txid_snapshot_xmax(t.tick_snapshot) % 4294967296)::text <> t.ticker_xid::text),
                    false)
      from pgq.queue q
     cross join lateral (
        select coalesce(pg_catalog.pg_sequence_last_value(pg_catalog.to_regclass(q.queue_event_seq)), 0) as event_seq) s
      left join lateral (
        select k.tick_id, k.tick_time, k.tick_snapshot, k.tick_event_seq, k.xmin as ticker_xid, pg_catalog.now() - k.tick_time as lag
          from pgq.tick k where k.tick_queue = q.queue_id order by k.tick_id desc limit 1) t on true
      left join lateral (
        select k.tick_id, k.tick_time, k.tick_event_seq
          from pgq.tick k where k.tick_queue = q.queue_id and k.tick_id < t.tick_id order by k.tick_id desc limit 1) p on true
     where case when i_queue_id is null then not q.queue_external_ticker and not q.queue_ticker_paused
                else q.queue_id = i_queue_id end
     order by q.queue_name
$$;
CREATE FUNCTION pgq._trigger_columns(i_table oid) RETURNS TABLE(name text, as_text text, as_json text, has_equality boolean)
    LANGUAGE sql STABLE
    AS $_$
    select a.attname::text, t.as_text,
           case when a.atttypid in ('int2'::pg_catalog.regtype, 'int4'::pg_catalog.regtype, 'int8'::pg_catalog.regtype,
                                    'bool'::pg_catalog.regtype, 'timestamp'::pg_catalog.regtype,
                                    'timestamptz'::pg_catalog.regtype, 'date'::pg_catalog.regtype)
                then pg_catalog.format('coalesce(pg_catalog.to_json(%s)::text, ''null'')', t.value)
                else pg_catalog.format('coalesce(pg_catalog.to_json(%s)::text, ''null'')', t.as_text) end,
           y.typcategory <> 'A' and (y.typtype in ('r', 'c', 'm') or exists (
               select 1 from pg_catalog.pg_operator o
                where o.oprname = '=' and o.oprnamespace = 'pg_catalog'::pg_catalog.regnamespace
                  and o.oprleft = coalesce(nullif(y.typbasetype, 0), y.oid) and o.oprright = o.oprleft))
      from pg_catalog.pg_attribute a
      join pg_catalog.pg_type y on y.oid = a.atttypid
     cross join lateral (
        select pg_catalog.format('($1).%I', a.attname) as value,
               pg_catalog.format('case when ($1).%1$I is distinct from null then pg_catalog.format(''%%s'', ($1).%1$I) end', a.attname) as as_text) t
     where a.attrelid = i_table and a.attnum > 0 and not a.attisdropped
     order by a.attnum
$_$;
CREATE FUNCTION pgq._trigger_encode(i_format text, i_names text[], i_as_texts text[], i_as_jsons text[]) RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$
    select coalesce(case i_format
        when 'json' then
            '''{'' || ' || pg_catalog.string_agg(
                pg_catalog.quote_literal(pg_catalog.to_json(name)::text || ':') || ' || ' || as_json, ' || '','' || ' order by nr) || ' || ''}'''
        else pg_catalog.string_agg(
                pg_catalog.format('%L || coalesce(''='' || pgq._urlencode(%s), '''')', pgq._urlencode(name), as_text), ' || ''&'' || ' order by nr)
        end, case i_format when 'json' then '''{}''' else '''''' end)
      from rows from (pg_catalog.unnest(i_names), pg_catalog.unnest(i_as_texts), pg_catalog.unnest(i_as_jsons)) with ordinality c (name, as_text, as_json, nr)
$$;
CREATE FUNCTION pgq._trigger_event(i_format text, i_args text[], i_op text, i_when text, i_level text, i_table oid, i_schema text, i_table_name text, i_new record, i_old record) RETURNS boolean
    LANGUAGE plpgsql
    AS $_$
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
        if changed && keys then
            raise exception 'primary key update not allowed' using errcode = 'PQ012';
        end if;
        not_logged := coalesce(opt.ignored, '{}');
        if i_format = 'sql' then
            -- There is nothing to set then.
            not_logged := not_logged || array(select c from pg_catalog.unnest(cols.names) c where pg_catalog.starts_with(c, '_pgq_ev_'));
        end if;
        if pg_catalog.cardinality(changed) > 0 and changed <@ not_logged then
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
$_$;
CREATE FUNCTION pgq._trigger_options(i_args text[], i_op text, i_when text, i_level text, OUT queue_name text, OUT is_skip boolean, OUT is_deny boolean, OUT has_backup boolean, OUT when_expression text, OUT ignored text[], OUT keys text[], OUT key_list text, OUT overrides jsonb) RETURNS record
    LANGUAGE plpgsql
    AS $_$
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
$_$;
CREATE FUNCTION pgq._trigger_override(i_expression text, i_row record, OUT value text, OUT type_oid oid) RETURNS record
    LANGUAGE plpgsql
    AS $_$
declare
    found_values text[];
    types oid[];
begin
    execute 'select pg_catalog.array_agg(case when q.v is distinct from null then pg_catalog.format(''%s'', q.v) end),'
         || ' pg_catalog.array_agg(pg_catalog.pg_typeof(q.v)::oid)'
         || ' from (select ($1).*) r cross join lateral (select ' || i_expression || E'\n) q (v)'
       into found_values, types using i_row;
    if coalesce(pg_catalog.cardinality(found_values), 0) <> 1 then
        raise exception 'Expect 1 row from override query, got %', coalesce(pg_catalog.cardinality(found_values), 0)
            using errcode = 'PQ012';
    end if;
    value := found_values[1];
    type_oid := types[1];
end;
$_$;
CREATE FUNCTION pgq._trigger_sql(i_op text, i_names text[], i_values text[], i_keys text[], i_logged text[], i_changed text[]) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    AS $$
declare
    res text;
    condition text;
    has_null_key boolean;
begin
    if i_op = 'INSERT' then
        select pg_catalog.format('(%s) values (%s)', pg_catalog.string_agg(pg_catalog.quote_ident(name), ',' order by nr),
                                 pg_catalog.string_agg(coalesce(pg_catalog.quote_literal(value), 'null'), ',' order by nr))
          into res
          from rows from (pg_catalog.unnest(i_names), pg_catalog.unnest(i_values)) with ordinality c (name, value, nr)
         where name = any (i_logged);
        return res;
    end if;
    select pg_catalog.string_agg(pg_catalog.quote_ident(name) || '=' || pg_catalog.quote_literal(value), ' and ' order by nr),
           pg_catalog.bool_or(value is null)
      into condition, has_null_key
      from rows from (pg_catalog.unnest(i_names), pg_catalog.unnest(i_values)) with ordinality c (name, value, nr)
     where name = any (i_keys);
    if has_null_key or condition is null then
        raise exception 'logtriga: Unexpected NULL key value' using errcode = 'PQ012';
    end if;
    if i_op = 'DELETE' then
        return condition;
    end if;
    select pg_catalog.string_agg(pg_catalog.quote_ident(name) || '=' || pg_catalog.quote_nullable(value), ',' order by nr) into res
      from rows from (pg_catalog.unnest(i_names), pg_catalog.unnest(i_values)) with ordinality c (name, value, nr)
     where name = any (i_logged) and name = any (i_changed);
    if res is null then
        select pg_catalog.quote_ident(name) || '=' || pg_catalog.quote_literal(value) into res
          from rows from (pg_catalog.unnest(i_names), pg_catalog.unnest(i_values)) with ordinality c (name, value, nr)
         where name = any (i_keys) order by nr limit 1;
    end if;
    return res || ' where ' || condition;
end;
$$;
CREATE FUNCTION pgq._trigger_texts(i_expressions text[], i_row record) RETURNS text[]
    LANGUAGE plpgsql
    AS $$
declare
    res text[];
begin
    execute 'select array[' || pg_catalog.array_to_string(i_expressions, ', ') || ']::text[]' into res using i_row;
    return res;
end;
$$;
CREATE FUNCTION pgq._urlencode(val text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT
    AS $_$
    select case
        when $1 !~ '[^A-Za-z0-9_.-]' collate "C" then $1
        else (
            select pg_catalog.string_agg(
                       case when ch ~ '[A-Za-z0-9_.-]' collate "C" then ch
                            when ch = ' ' then '+'
                            else pg_catalog.regexp_replace(
                                pg_catalog.encode(pg_catalog.convert_to(ch, pg_catalog.getdatabaseencoding()), 'hex'), '(..)', '%\1', 'g')
                       end, '' order by nr)
              from pg_catalog.regexp_split_to_table($1, '') with ordinality c (ch, nr))
    end
$_$;
CREATE FUNCTION pgq.batch_event_sql(x_batch_id bigint) RETURNS text
    LANGUAGE plpgsql
    AS $$
declare
    b record;
    ended bigint[];
    active bigint[];
    txids text;
    event_table text;
    condition text;
    conditions text[];
    branches text[] := '{}';
begin
    select s.sub_id, p.tick_snapshot as start_snapshot, n.tick_snapshot as end_snapshot,
           pg_catalog.txid_snapshot_xmax(p.tick_snapshot) as from_txid,
           pg_catalog.txid_snapshot_xmax(n.tick_snapshot) as to_txid
      into b
      from pgq.subscription s
      join pgq.tick p on p.tick_queue = s.sub_queue and p.tick_id = s.sub_last_tick
      join pgq.tick n on n.tick_queue = s.sub_queue and n.tick_id = s.sub_next_tick
     where s.sub_batch = x_batch_id;
    if not found then
        raise exception 'batch not found' using errcode = 'PQ003';
    end if;
    select pg_catalog.array_agg(x order by x) into ended
      from pg_catalog.txid_snapshot_xip(b.start_snapshot) x
     where pg_catalog.txid_visible_in_snapshot(x, b.end_snapshot);
    select pg_catalog.array_agg(x order by x) into active
      from pg_catalog.txid_snapshot_xip(b.end_snapshot) x
     where x >= b.from_txid;
    txids := pg_catalog.format('ev.ev_txid >= %s and ev.ev_txid < %s', b.from_txid, b.to_txid)
        || coalesce(' and ev.ev_txid <> all (' || pg_catalog.quote_literal(active) || '::bigint[])', '');
    conditions := pg_catalog.array_remove(array[txids, 'ev.ev_txid = any (' || pg_catalog.quote_literal(ended) || '::bigint[])'], null);
    for event_table in select t from pgq.batch_event_tables(x_batch_id) t loop
        foreach condition in array conditions loop
            branches := branches || pg_catalog.format(
                'select ev.ev_id, ev.ev_time, ev.ev_txid, ev.ev_retry, ev.ev_type, ev.ev_data,'
                ' ev.ev_extra1, ev.ev_extra2, ev.ev_extra3, ev.ev_extra4'
                ' from %s ev where %s and (ev.ev_owner is null or ev.ev_owner = %s)',
                pgq.quote_fqname(event_table), condition, b.sub_id);
        end loop;
    end loop;
    return pg_catalog.array_to_string(branches, ' union all ') || ' order by 1';
end;
$$;
CREATE FUNCTION pgq.batch_event_tables(x_batch_id bigint) RETURNS SETOF text
    LANGUAGE plpgsql
    AS $$
declare
    b record;
begin
    select pg_catalog.txid_snapshot_xmin(p.tick_snapshot) as first_txid,
           pg_catalog.txid_snapshot_xmax(n.tick_snapshot) as last_txid,
           q.queue_switch_step1 as step1, q.queue_switch_step2 as step2,
           q.queue_data_pfx || '_' || q.queue_cur_table as current_table,
           q.queue_data_pfx || '_' || (q.queue_cur_table + q.queue_ntables - 1) % q.queue_ntables as previous_table
      into b
      from pgq.subscription s
      join pgq.queue q on q.queue_id = s.sub_queue
      join pgq.tick p on p.tick_queue = s.sub_queue and p.tick_id = s.sub_last_tick
      join pgq.tick n on n.tick_queue = s.sub_queue and n.tick_id = s.sub_next_tick
     where s.sub_batch = x_batch_id;
    if not found then
        raise exception 'Cannot find data for batch %', x_batch_id using errcode = 'PQ003';
    end if;
    if b.last_txid < b.step1 then
        return next b.previous_table;
    elsif b.step2 is not null and b.first_txid > b.step2 then
        return next b.current_table;
    else
        return next b.previous_table;
        if b.current_table <> b.previous_table then
            return next b.current_table;
        end if;
    end if;
end;
$$;
CREATE FUNCTION pgq.batch_retry(i_batch_id bigint, i_retry_seconds integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq', 'pg_temp'
    AS $_$
declare
    sub record;
    queued integer;
begin
    select sub_id, sub_queue into sub from pgq.subscription where sub_batch = i_batch_id;
    if not found then
        raise exception 'batch_retry: batch % not found', i_batch_id using errcode = 'PQ003';
    end if;
    execute 'insert into pgq.retry_queue (ev_retry_after, ev_queue, ev_id, ev_time, ev_owner, ev_retry, ev_type, ev_data,'
        || ' ev_extra1, ev_extra2, ev_extra3, ev_extra4)'
        || ' select $1, $2, ev_id, ev_time, $3, coalesce(ev_retry, 0) + 1, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4'
        || ' from (' || pgq.batch_event_sql(i_batch_id) || ') ev'
        || ' on conflict (ev_owner, ev_id) do nothing'
      using current_timestamp + make_interval(secs => i_retry_seconds), sub.sub_queue, sub.sub_id;
    get diagnostics queued = row_count;
    return queued;
end;
$_$;
CREATE FUNCTION pgq.create_queue(i_queue_name text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq', 'pg_temp'
    AS $$
declare
    q pgq.queue%rowtype;
    id int4;
    leaf text;
begin
    if i_queue_name is null then
        raise exception 'Invalid NULL value' using errcode = 'PQ012', hint = 'input.queue';
    end if;
    perform 1 from pgq.queue where queue_name = i_queue_name;
    if found then
        return 0;
    end if;
    id := nextval('pgq.queue_queue_id_seq');
    insert into pgq.queue (queue_id, queue_name, queue_data_pfx, queue_event_seq, queue_tick_seq)
    values (id, i_queue_name, 'pgq.event_' || id, 'pgq.event_' || id || '_id_seq', 'pgq.event_' || id || '_tick_seq')
    on conflict (queue_name) do nothing
    returning * into q;
    if not found then
        return 0;
    end if;
    execute format('create sequence %s', q.queue_tick_seq);
    execute format('create sequence %s', q.queue_event_seq);
    execute format('create table %s () inherits (pgq.event_template)', q.queue_data_pfx);
    for i in 0 .. q.queue_ntables - 1 loop
        leaf := q.queue_data_pfx || '_' || i;
        execute format('create table %s () inherits (%s)', leaf, q.queue_data_pfx);
        execute format('alter table %s alter column ev_id set default nextval(%L)', leaf, q.queue_event_seq);
        execute format('create index event_%s_%s_txid_idx on %s (ev_txid)', id, i, leaf);
    end loop;
    perform pgq.grant_perms(i_queue_name);
    perform pgq.ticker(i_queue_name);
    perform pgq.tune_storage(i_queue_name);
    return 1;
end;
$$;
CREATE FUNCTION pgq.current_event_table(x_queue_name text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq', 'pg_temp'
    AS $$
declare
    q record;
begin
    perform txid_current();
    if current_setting('transaction_isolation') in ('read committed', 'read uncommitted') then
        select queue_data_pfx || '_' || queue_cur_table as leaf, queue_disable_insert into q
          from pgq.queue where queue_name = x_queue_name;
    else
        select queue_data_pfx || '_' || queue_cur_table as leaf, queue_disable_insert into q
          from pgq.queue where queue_name = x_queue_name for key share;
    end if;
    if not found then
        raise exception 'Event queue not found' using errcode = 'PQ001', hint = 'input.queue';
    end if;
    if q.queue_disable_insert and current_setting('session_replication_role') <> 'replica' then
        raise exception 'Writing to queue disabled' using errcode = 'PQ005';
    end if;
    return q.leaf;
end;
$$;
CREATE FUNCTION pgq.drop_queue(x_queue_name text) RETURNS integer
    LANGUAGE sql STRICT
    AS $$ select pgq.drop_queue(x_queue_name, false) $$;
CREATE FUNCTION pgq.drop_queue(x_queue_name text, x_force boolean) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq', 'pg_temp'
    AS $$
declare
    q pgq.queue%rowtype;
    member record;
begin
    select * into q from pgq.queue where queue_name = x_queue_name for update;
    if not found then
        raise exception 'No such event queue' using errcode = 'PQ001', hint = 'input.queue';
    end if;
    if x_force then
        delete from pgq.retry_queue where ev_queue = q.queue_id;
        for member in
            select queue_name, consumer_name from pgq.get_consumer_info(x_queue_name)
        loop
            perform pgq.unregister_consumer(member.queue_name, member.consumer_name);
        end loop;
    end if;
    perform 1 from pgq.subscription where sub_queue = q.queue_id;
    if found then
        raise exception 'cannot drop queue, consumers still attached' using errcode = 'PQ008';
    end if;
    for i in 0 .. q.queue_ntables - 1 loop
        execute format('drop table %s', pgq.quote_fqname(q.queue_data_pfx || '_' || i));
    end loop;
    execute format('drop table %s', pgq.quote_fqname(q.queue_data_pfx));
    delete from pgq.retry_queue where ev_queue = q.queue_id;
    delete from pgq.tick where tick_queue = q.queue_id;
    execute format('drop sequence %s', pgq.quote_fqname(q.queue_tick_seq));
    execute format('drop sequence %s', pgq.quote_fqname(q.queue_event_seq));
    delete from pgq.queue where queue_id = q.queue_id;
    return 1;
end;
$$;
CREATE FUNCTION pgq.event_retry(x_batch_id bigint, x_event_id bigint, x_retry_seconds integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq', 'pg_temp'
    AS $$
begin
    return pgq.event_retry(x_batch_id, x_event_id, current_timestamp + make_interval(secs => x_retry_seconds));
end;
$$;
CREATE FUNCTION pgq.event_retry(x_batch_id bigint, x_event_id bigint, x_retry_time timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq', 'pg_temp'
    AS $_$
declare
    sub record;
    ev record;
begin
    select sub_id, sub_queue into sub from pgq.subscription where sub_batch = x_batch_id;
    if not found then
        raise exception 'event not found' using errcode = 'PQ003';
    end if;
    execute 'select * from (' || pgq.batch_event_sql(x_batch_id) || ') ev where ev_id = $1 limit 1' into ev using x_event_id;
    if ev.ev_id is null then
        raise exception 'event not found' using errcode = 'PQ004';
    end if;
    insert into pgq.retry_queue (ev_retry_after, ev_queue, ev_id, ev_time, ev_owner, ev_retry, ev_type, ev_data,
                                 ev_extra1, ev_extra2, ev_extra3, ev_extra4)
    values (x_retry_time, sub.sub_queue, ev.ev_id, ev.ev_time, sub.sub_id, coalesce(ev.ev_retry, 0) + 1, ev.ev_type, ev.ev_data,
            ev.ev_extra1, ev.ev_extra2, ev.ev_extra3, ev.ev_extra4)
    on conflict (ev_owner, ev_id) do nothing;
    return case when found then 1 else 0 end;
end;
$_$;
CREATE FUNCTION pgq.event_retry_raw(x_queue text, x_consumer text, x_retry_after timestamp with time zone, x_ev_id bigint, x_ev_time timestamp with time zone, x_ev_retry integer, x_ev_type text, x_ev_data text, x_ev_extra1 text, x_ev_extra2 text, x_ev_extra3 text, x_ev_extra4 text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq', 'pg_temp'
    AS $$
declare
    sub record;
    id bigint;
begin
    select s.sub_id, q.queue_id, q.queue_event_seq into sub
      from pgq.queue q
      join pgq.subscription s on s.sub_queue = q.queue_id
      join pgq.consumer c on c.co_id = s.sub_consumer
     where q.queue_name = x_queue and c.co_name = x_consumer;
    if not found then
        raise exception 'consumer not registered' using errcode = 'PQ002', hint = 'input.consumer';
    end if;
    id := coalesce(x_ev_id, nextval(sub.queue_event_seq::regclass));
    insert into pgq.retry_queue (ev_retry_after, ev_queue, ev_id, ev_time, ev_owner, ev_retry, ev_type, ev_data,
                                 ev_extra1, ev_extra2, ev_extra3, ev_extra4)
    values (x_retry_after, sub.queue_id, id, x_ev_time, sub.sub_id, x_ev_retry, x_ev_type, x_ev_data,
            x_ev_extra1, x_ev_extra2, x_ev_extra3, x_ev_extra4);
    return id;
end;
$$;
CREATE FUNCTION pgq.find_tick_helper(i_queue_id integer, i_prev_tick_id bigint, i_prev_tick_time timestamp with time zone, i_prev_tick_seq bigint, i_min_count bigint, i_min_interval interval, OUT next_tick_id bigint, OUT next_tick_time timestamp with time zone, OUT next_tick_seq bigint) RETURNS record
    LANGUAGE plpgsql STABLE
    AS $$
declare
    newest record;
    events int8;
    span interval;
begin
    select t.tick_id, t.tick_time, t.tick_event_seq into newest
      from pgq.tick t
     where t.tick_queue = i_queue_id and t.tick_id > i_prev_tick_id
     order by t.tick_id desc limit 1;
    if not found then
        return;
    end if;
    events := newest.tick_event_seq - i_prev_tick_seq;
    span := newest.tick_time - i_prev_tick_time;
    if coalesce(events > 2 * i_min_count, false) or coalesce(span > 2 * i_min_interval, false) then
        select t.tick_id, t.tick_time, t.tick_event_seq into next_tick_id, next_tick_time, next_tick_seq
          from pgq.tick t
         where t.tick_queue = i_queue_id and t.tick_id > i_prev_tick_id
           and (t.tick_event_seq - i_prev_tick_seq >= i_min_count or t.tick_time - i_prev_tick_time >= i_min_interval)
         order by t.tick_id limit 1;
    elsif coalesce(events >= i_min_count, false) or coalesce(span >= i_min_interval, false) then
        next_tick_id := newest.tick_id;
        next_tick_time := newest.tick_time;
        next_tick_seq := newest.tick_event_seq;
    end if;
end;
$$;
CREATE FUNCTION pgq.finish_batch(x_batch_id bigint) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq', 'pg_temp'
    AS $$
begin
    update pgq.subscription
       set sub_last_tick = case when pgq._is_subconsumer(sub_queue, sub_consumer) then null else sub_next_tick end,
           sub_next_tick = null, sub_batch = null, sub_active = now()
     where sub_batch = x_batch_id;
    if not found then
        raise warning 'finish_batch: batch % not found', x_batch_id;
        return 0;
    end if;
    return 1;
end;
$$;
CREATE FUNCTION pgq.force_tick(i_queue_name text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq', 'pg_temp'
    AS $$
declare
    q pgq.queue%rowtype;
begin
    select * into q from pgq.queue where queue_name = i_queue_name;
    if q.queue_id is not null and not q.queue_external_ticker and not q.queue_ticker_paused then
        perform setval(q.queue_event_seq::regclass,
                       nextval(q.queue_event_seq::regclass) + 2 * q.queue_ticker_max_count::bigint + 1000);
    end if;
    return (select tick_id from pgq.tick where tick_queue = q.queue_id order by tick_id desc limit 1);
end;
$$;
CREATE FUNCTION pgq.get_batch_cursor(i_batch_id bigint, i_cursor_name text, i_quick_limit integer, OUT ev_id bigint, OUT ev_time timestamp with time zone, OUT ev_txid bigint, OUT ev_retry integer, OUT ev_type text, OUT ev_data text, OUT ev_extra1 text, OUT ev_extra2 text, OUT ev_extra3 text, OUT ev_extra4 text) RETURNS SETOF record
    LANGUAGE plpgsql STRICT
    AS $$
begin
    return query select * from pgq.get_batch_cursor(i_batch_id, i_cursor_name, i_quick_limit, null);
end;
$$;
CREATE FUNCTION pgq.get_batch_cursor(i_batch_id bigint, i_cursor_name text, i_quick_limit integer, i_extra_where text, OUT ev_id bigint, OUT ev_time timestamp with time zone, OUT ev_txid bigint, OUT ev_retry integer, OUT ev_type text, OUT ev_data text, OUT ev_extra1 text, OUT ev_extra2 text, OUT ev_extra3 text, OUT ev_extra4 text) RETURNS SETOF record
    LANGUAGE plpgsql
    AS $$
declare
    query text;
begin
    if i_batch_id is null or i_cursor_name is null or i_quick_limit is null then
        return;
    end if;
    query := pgq.batch_event_sql(i_batch_id);
    if i_extra_where is not null then
        query := 'select ev_id, ev_time, ev_txid, ev_retry, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4 from ('
            || query || ') ev where ' || i_extra_where || ' order by 1';
    end if;
    execute pg_catalog.format('declare %I no scroll cursor for %s', i_cursor_name, query);
    if i_quick_limit > 0 then
        return query execute pg_catalog.format('fetch %s from %I', i_quick_limit, i_cursor_name);
    end if;
end;
$$;
CREATE FUNCTION pgq.get_batch_events(x_batch_id bigint, OUT ev_id bigint, OUT ev_time timestamp with time zone, OUT ev_txid bigint, OUT ev_retry integer, OUT ev_type text, OUT ev_data text, OUT ev_extra1 text, OUT ev_extra2 text, OUT ev_extra3 text, OUT ev_extra4 text) RETURNS SETOF record
    LANGUAGE plpgsql
    AS $$
begin
    return query execute pgq.batch_event_sql(x_batch_id);
end;
$$;
CREATE FUNCTION pgq.get_batch_info(x_batch_id bigint, OUT queue_name text, OUT consumer_name text, OUT batch_start timestamp with time zone, OUT batch_end timestamp with time zone, OUT prev_tick_id bigint, OUT tick_id bigint, OUT lag interval, OUT seq_start bigint, OUT seq_end bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq', 'pg_temp'
    AS $$
begin
    select q.queue_name, c.co_name, p.tick_time, n.tick_time, s.sub_last_tick, s.sub_next_tick, current_timestamp - n.tick_time,
           p.tick_event_seq, n.tick_event_seq
      into queue_name, consumer_name, batch_start, batch_end, prev_tick_id, tick_id, lag, seq_start, seq_end
      from pgq.subscription s
      join pgq.queue q on q.queue_id = s.sub_queue
      join pgq.consumer c on c.co_id = s.sub_consumer
      left join pgq.tick p on p.tick_queue = s.sub_queue and p.tick_id = s.sub_last_tick
      left join pgq.tick n on n.tick_queue = s.sub_queue and n.tick_id = s.sub_next_tick
     where s.sub_batch = x_batch_id;
end;
$$;
CREATE FUNCTION pgq.get_consumer_info(OUT queue_name text, OUT consumer_name text, OUT lag interval, OUT last_seen interval, OUT last_tick bigint, OUT current_batch bigint, OUT next_tick bigint, OUT pending_events bigint) RETURNS SETOF record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq', 'pg_temp'
    AS $$
begin
    return query select * from pgq.get_consumer_info(null, null);
end;
$$;
CREATE FUNCTION pgq.get_consumer_info(i_queue_name text, OUT queue_name text, OUT consumer_name text, OUT lag interval, OUT last_seen interval, OUT last_tick bigint, OUT current_batch bigint, OUT next_tick bigint, OUT pending_events bigint) RETURNS SETOF record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq', 'pg_temp'
    AS $$
begin
    return query select * from pgq.get_consumer_info(i_queue_name, null);
end;
$$;
CREATE FUNCTION pgq.get_consumer_info(i_queue_name text, i_consumer_name text, OUT queue_name text, OUT consumer_name text, OUT lag interval, OUT last_seen interval, OUT last_tick bigint, OUT current_batch bigint, OUT next_tick bigint, OUT pending_events bigint) RETURNS SETOF record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq', 'pg_temp'
    AS $$
begin
    return query
        select q.queue_name, c.co_name, current_timestamp - p.tick_time, current_timestamp - s.sub_active,
               s.sub_last_tick, s.sub_batch, s.sub_next_tick, t.tick_event_seq - p.tick_event_seq
          from pgq.queue q
          join pgq.subscription s on s.sub_queue = q.queue_id
          join pgq.consumer c on c.co_id = s.sub_consumer
          left join pgq.tick p on p.tick_queue = s.sub_queue and p.tick_id = s.sub_last_tick
          left join lateral (
            select k.tick_event_seq from pgq.tick k where k.tick_queue = q.queue_id order by k.tick_id desc limit 1) t on true
         where (i_queue_name is null or q.queue_name = i_queue_name)
           and (i_consumer_name is null or c.co_name = i_consumer_name)
         order by q.queue_name, c.co_name;
end;
$$;
CREATE FUNCTION pgq.get_queue_info(OUT queue_name text, OUT queue_ntables integer, OUT queue_cur_table integer, OUT queue_rotation_period interval, OUT queue_switch_time timestamp with time zone, OUT queue_external_ticker boolean, OUT queue_ticker_paused boolean, OUT queue_ticker_max_count integer, OUT queue_ticker_max_lag interval, OUT queue_ticker_idle_period interval, OUT ticker_lag interval, OUT ev_per_sec double precision, OUT ev_new bigint, OUT last_tick_id bigint) RETURNS SETOF record
    LANGUAGE plpgsql
    AS $$
begin
    return query select * from pgq.get_queue_info(null);
end;
$$;
CREATE FUNCTION pgq.get_queue_info(i_queue_name text, OUT queue_name text, OUT queue_ntables integer, OUT queue_cur_table integer, OUT queue_rotation_period interval, OUT queue_switch_time timestamp with time zone, OUT queue_external_ticker boolean, OUT queue_ticker_paused boolean, OUT queue_ticker_max_count integer, OUT queue_ticker_max_lag interval, OUT queue_ticker_idle_period interval, OUT ticker_lag interval, OUT ev_per_sec double precision, OUT ev_new bigint, OUT last_tick_id bigint) RETURNS SETOF record
    LANGUAGE plpgsql
    AS $$
begin
    return query
        select q.queue_name, q.queue_ntables, q.queue_cur_table, q.queue_rotation_period, q.queue_switch_time,
               q.queue_external_ticker, q.queue_ticker_paused, q.queue_ticker_max_count, q.queue_ticker_max_lag,
               q.queue_ticker_idle_period,
               current_timestamp - t.tick_time,
               case when t.tick_time > h.tick_time then
                   (t.tick_event_seq - h.tick_event_seq)::float8 / extract(epoch from t.tick_time - h.tick_time)::float8 end,
               coalesce(pg_catalog.pg_sequence_last_value(q.queue_event_seq::pg_catalog.regclass), 0) - t.tick_event_seq,
               t.tick_id
          from pgq.queue q
          left join lateral (
            select k.tick_id, k.tick_time, k.tick_event_seq
              from pgq.tick k where k.tick_queue = q.queue_id order by k.tick_id desc limit 1) t on true
          left join lateral (
            select k.tick_time, k.tick_event_seq
              from pgq.tick k where k.tick_queue = q.queue_id and k.tick_id >= t.tick_id - 20 order by k.tick_id limit 1) h on true
         where i_queue_name is null or q.queue_name = i_queue_name
         order by q.queue_name;
end;
$$;
CREATE FUNCTION pgq.grant_perms(x_queue_name text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq', 'pg_temp'
    AS $$
declare
    q pgq.queue%rowtype;
    parent text;
begin
    select * into q from pgq.queue where queue_name = x_queue_name;
    if not found then
        raise exception 'Queue not found' using errcode = 'PQ001';
    end if;
    execute format('grant select on sequence %s, %s to public',
        pgq.quote_fqname(q.queue_event_seq), pgq.quote_fqname(q.queue_tick_seq));
    execute format('grant usage on sequence %s to pgq_admin', pgq.quote_fqname(q.queue_event_seq));
    parent := split_part(q.queue_data_pfx, '.', 2);
    perform pgq._grant_perms_from('pgq', 'event_template', 'pgq', parent);
    for i in 0 .. q.queue_ntables - 1 loop
        perform pgq._grant_perms_from('pgq', 'event_template', 'pgq', parent || '_' || i);
    end loop;
    return 1;
end;
$$;
CREATE FUNCTION pgq.insert_event(queue_name text, ev_type text, ev_data text) RETURNS bigint
    LANGUAGE sql
    AS $_$ select pgq.insert_event($1, $2, $3, null, null, null, null) $_$;
CREATE FUNCTION pgq.insert_event(queue_name text, ev_type text, ev_data text, ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq', 'pg_temp'
    AS $$
begin
    return pgq.insert_event_raw(queue_name, null, now(), null, null, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4);
end;
$$;
CREATE FUNCTION pgq.insert_event_raw(queue_name text, ev_id bigint, ev_time timestamp with time zone, ev_owner integer, ev_retry integer, ev_type text, ev_data text, ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text) RETURNS bigint
    LANGUAGE plpgsql
    AS $_$
#variable_conflict use_column
declare
    txid bigint;
    new_id bigint;
    q record;
    counter text;
    inserted integer;
begin
    txid := pg_catalog.txid_current();
    if pg_catalog.current_setting('transaction_isolation') in ('read committed', 'read uncommitted') then
        select queue_data_pfx, queue_cur_table, queue_id, queue_disable_insert, queue_per_tx_limit,
               pg_catalog.nextval(queue_event_seq::pg_catalog.regclass) as next_id
          into q
          from pgq.queue where queue.queue_name = $1;
    else
        select queue_data_pfx, queue_cur_table, queue_id, queue_disable_insert, queue_per_tx_limit,
               pg_catalog.nextval(queue_event_seq::pg_catalog.regclass) as next_id
          into q
          from pgq.queue where queue.queue_name = $1 for key share;
    end if;
    if not found then
        if $1 is null then
            raise exception 'Queue name must not be NULL' using errcode = 'PQ012', hint = 'input.queue';
        end if;
        raise exception 'No such queue' using errcode = 'PQ001', hint = 'input.queue';
    end if;
    if q.queue_disable_insert and pg_catalog.current_setting('session_replication_role') <> 'replica' then
        raise exception 'Insert into queue disallowed' using errcode = 'PQ005';
    end if;
    if q.queue_per_tx_limit >= 0 then
        counter := 'pgq.tx_events_' || q.queue_id;
        inserted := coalesce(nullif(pg_catalog.current_setting(counter, true), ''), '0')::integer;
        if inserted >= q.queue_per_tx_limit then
            raise exception 'Queue ''%'' allows max % events from one TX', $1, q.queue_per_tx_limit using errcode = 'PQ014';
        end if;
        perform pg_catalog.set_config(counter, (inserted + 1)::text, true);
    end if;
    new_id := coalesce($2, q.next_id);
    execute 'insert into ' || q.queue_data_pfx || '_' || q.queue_cur_table
        || ' (ev_id, ev_time, ev_txid, ev_owner, ev_retry, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4)'
        || ' values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)'
      using new_id, coalesce($3, pg_catalog.now()), txid, $4, $5, $6, $7, $8, $9, $10, $11;
    return new_id;
end;
$_$;
CREATE FUNCTION pgq.jsontriga() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if pgq._trigger_event('json', tg_argv, tg_op, tg_when, tg_level, tg_relid, tg_table_schema, tg_table_name, new, old)
       or tg_when = 'AFTER' then
        return null;
    end if;
    if tg_op = 'DELETE' then
        return old;
    end if;
    return new;
end;
$$;
CREATE FUNCTION pgq.logutriga() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if pgq._trigger_event('url', tg_argv, tg_op, tg_when, tg_level, tg_relid, tg_table_schema, tg_table_name, new, old)
       or tg_when = 'AFTER' then
        return null;
    end if;
    if tg_op = 'DELETE' then
        return old;
    end if;
    return new;
end;
$$;
CREATE FUNCTION pgq.maint_operations(OUT func_name text, OUT func_arg text) RETURNS SETOF record
    LANGUAGE plpgsql
    AS $$
declare
    q record;
    half_done boolean;
    is_trusted boolean;
begin
    select exists (select 1 from pgq.queue where queue_switch_step2 is null) into half_done;
    func_name := 'pgq.maint_rotate_tables_step1';
    for func_arg in
        select queue_name from pgq.queue
         where queue_rotation_period is not null and queue_switch_step2 is not null
           and queue_switch_time + queue_rotation_period < current_timestamp
         order by queue_name
    loop
        half_done := true;
        return next;
    end loop;
    func_arg := null;
    if half_done then
        func_name := 'pgq.maint_rotate_tables_step2';
        return next;
    end if;
    for q in
        select queue_name, m.name
          from pgq.queue cross join lateral pg_catalog.unnest(queue_extra_maint) with ordinality m (name, nr)
         where m.name is not null
         order by queue_name, m.nr
    loop
        select coalesce(pg_catalog.bool_and(r.rolsuper or p.proowner = own.nspowner), false) into is_trusted
          from pg_catalog.pg_proc p
          join pg_catalog.pg_namespace n on n.oid = p.pronamespace
          join pg_catalog.pg_roles r on r.oid = p.proowner
         cross join (select nspowner from pg_catalog.pg_namespace where nspname = 'pgq') own
         where n.nspname not in ('pg_catalog', 'information_schema')
           and pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(p.proname) = pgq.quote_fqname(q.name);
        if is_trusted then
            func_name := q.name;
            func_arg := q.queue_name;
            return next;
        else
            raise warning 'extra maintenance function % of queue % is missing or its owner is not trusted', q.name, q.queue_name;
        end if;
    end loop;
    func_name := 'vacuum';
    for func_arg in select t from pgq.maint_tables_to_vacuum() t loop
        return next;
    end loop;
    if pg_catalog.to_regproc('pgq_node.maint_watermark') is not null then
        func_name := 'pgq_node.maint_watermark';
        for func_arg in execute 'select queue_name from pgq_node.node_info where node_type = ''root'' order by 1' loop
            return next;
        end loop;
    end if;
    if pg_catalog.to_regproc('londiste.root_check_seqs') is not null then
        func_name := 'londiste.root_check_seqs';
        for func_arg in execute
            'select distinct s.queue_name from londiste.seq_info s join pgq_node.node_info n using (queue_name) where n.node_type = ''root'' order by 1'
        loop
            return next;
        end loop;
    end if;
    if pg_catalog.to_regproc('londiste.periodic_maintenance') is not null then
        func_name := 'londiste.periodic_maintenance';
        func_arg := null;
        return next;
    end if;
end;
$$;
CREATE FUNCTION pgq.maint_retry_events() RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
    ev record;
    moved integer := 0;
begin
    lock table pgq.retry_queue in share update exclusive mode;
    for ev in
        select r.*, q.queue_name
          from pgq.queue q
         cross join lateral (
            select * from pgq.retry_queue w
             where w.ev_queue = q.queue_id and w.ev_retry_after <= pg_catalog.now()
             order by w.ev_retry_after
             limit case when q.queue_per_tx_limit >= 0 then greatest(0, least(10, q.queue_per_tx_limit
                       - coalesce(nullif(pg_catalog.current_setting('pgq.tx_events_' || q.queue_id, true), ''), '0')::integer))
                   else 10 end) r
         where not q.queue_disable_insert or pg_catalog.current_setting('session_replication_role') = 'replica'
         order by r.ev_retry_after
         limit 10
    loop
        perform pgq.insert_event_raw(ev.queue_name, ev.ev_id, ev.ev_time, ev.ev_owner, ev.ev_retry, ev.ev_type, ev.ev_data,
                                     ev.ev_extra1, ev.ev_extra2, ev.ev_extra3, ev.ev_extra4);
        delete from pgq.retry_queue where ev_owner = ev.ev_owner and ev_id = ev.ev_id;
        moved := moved + 1;
    end loop;
    return moved;
end;
$$;
CREATE FUNCTION pgq.maint_rotate_tables_step1(i_queue_name text) RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
    had_txid boolean := pg_catalog.txid_current_if_assigned() is not null;
    own bigint := pg_catalog.txid_current();
    q pgq.queue%rowtype;
    slowest record;
    next_table int4;
begin
    select * into q from pgq.queue where queue_name = i_queue_name for update skip locked;
    if not found then
        return 0;
    end if;
    if q.queue_switch_step1 > own then
        raise exception 'queue % maint failure: step1=%, current=%', i_queue_name, q.queue_switch_step1, own using errcode = 'PQ016';
    end if;
    if q.queue_switch_step2 is null then
        if not had_txid and q.queue_switch_step1 < own then
            update pgq.queue set queue_switch_step2 = own where queue_id = q.queue_id;
        end if;
        return 0;
    end if;
    if q.queue_rotation_period is null or not q.queue_switch_time + q.queue_rotation_period < current_timestamp then
        return 0;
    end if;
    select s.sub_last_tick, t.tick_snapshot into slowest
      from pgq.subscription s
      left join pgq.tick t on t.tick_queue = s.sub_queue and t.tick_id = s.sub_last_tick
     where s.sub_queue = q.queue_id and s.sub_last_tick is not null
     order by s.sub_last_tick limit 1;
    if found then
        if slowest.tick_snapshot is null then
            raise exception 'queue % maint failure: tick % not found', i_queue_name, slowest.sub_last_tick using errcode = 'PQ016';
        end if;
        if pg_catalog.txid_snapshot_xmin(slowest.tick_snapshot) <= q.queue_switch_step2 then
            return 0;
        end if;
    end if;
    next_table := (q.queue_cur_table + 1) % q.queue_ntables;
    begin
        execute 'lock table ' || pgq.quote_fqname(q.queue_data_pfx || '_' || next_table) || ' in access exclusive mode nowait';
        execute 'truncate ' || pgq.quote_fqname(q.queue_data_pfx || '_' || next_table);
    exception
        when lock_not_available then
            return 0;
    end;
    update pgq.queue
       set queue_cur_table = next_table, queue_switch_time = current_timestamp,
           queue_switch_step1 = own, queue_switch_step2 = null
     where queue_id = q.queue_id;
    -- By the old second step, so every tick of the table that is now the previous one stays.
    delete from pgq.tick
     where tick_queue = q.queue_id and pg_catalog.txid_snapshot_xmin(tick_snapshot) < q.queue_switch_step2;
    return 0;
end;
$$;
CREATE FUNCTION pgq.maint_rotate_tables_step2() RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
    had_txid boolean := pg_catalog.txid_current_if_assigned() is not null;
    half_done boolean;
begin
    select exists (select 1 from pgq.queue where queue_switch_step2 is null) into half_done;
    if not half_done then
        return 0;
    end if;
    if had_txid then
        raise warning 'maint_rotate_tables_step2 must run in a transaction of its own; rotation stays half done until then';
        return 0;
    end if;
    update pgq.queue set queue_switch_step2 = pg_catalog.txid_current()
     where queue_switch_step2 is null and queue_switch_step1 < pg_catalog.txid_current();
    return 0;
end;
$$;
CREATE FUNCTION pgq.maint_tables_to_vacuum() RETURNS SETOF text
    LANGUAGE plpgsql
    AS $$
begin
    if pg_catalog.current_setting('autovacuum') = 'on' then
        return;
    end if;
    return query
        select v.name
          from pg_catalog.unnest(array['pgq.subscription', 'pgq.consumer', 'pgq.queue', 'pgq.tick', 'pgq.retry_queue',
                   'pgq_ext.completed_tick', 'pgq_ext.completed_batch', 'pgq_ext.completed_event', 'pgq_ext.partial_batch',
                   'pgq_node.local_state', 'londiste.seq_info', 'txid.epoch', 'londiste.completed']) with ordinality v (name, nr)
         where pg_catalog.to_regclass(v.name) is not null
         order by v.nr;
end;
$$;
CREATE FUNCTION pgq.next_batch(i_queue_name text, i_consumer_name text) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
begin
    return (select f.batch_id from pgq.next_batch_custom(i_queue_name, i_consumer_name, null, null, null) f);
end;
$$;
CREATE FUNCTION pgq.next_batch_custom(i_queue_name text, i_consumer_name text, i_min_lag interval, i_min_count integer, i_min_interval interval, OUT batch_id bigint, OUT cur_tick_id bigint, OUT prev_tick_id bigint, OUT cur_tick_time timestamp with time zone, OUT prev_tick_time timestamp with time zone, OUT cur_tick_event_seq bigint, OUT prev_tick_event_seq bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq', 'pg_temp'
    AS $$
declare
    sub record;
    candidate record;
begin
    loop
        select s.sub_queue, s.sub_consumer, s.sub_last_tick, s.sub_batch,
               p.tick_id as prev_id, p.tick_time as prev_time, p.tick_event_seq as prev_seq,
               n.tick_id as next_id, n.tick_time as next_time, n.tick_event_seq as next_seq
          into sub
          from pgq.queue q
          join pgq.subscription s on s.sub_queue = q.queue_id
          join pgq.consumer c on c.co_id = s.sub_consumer
          left join pgq.tick p on p.tick_queue = s.sub_queue and p.tick_id = s.sub_last_tick
          left join pgq.tick n on n.tick_queue = s.sub_queue and n.tick_id = s.sub_next_tick
         where q.queue_name = i_queue_name and c.co_name = i_consumer_name;
        if not found then
            raise exception 'Not subscriber to queue: %/%', coalesce(i_queue_name, 'NULL'), coalesce(i_consumer_name, 'NULL')
                using errcode = 'PQ002', hint = 'input.consumer';
        end if;
        if sub.prev_id is null then
            raise exception 'PgQ corruption: Consumer % on queue % does not see tick <NULL>', i_consumer_name, i_queue_name
                using errcode = case when sub.sub_last_tick is null then 'PQ012' else 'PQ016' end;
        end if;
        if sub.sub_batch is not null then
            batch_id := sub.sub_batch;
            cur_tick_id := sub.next_id;
            cur_tick_time := sub.next_time;
            cur_tick_event_seq := sub.next_seq;
            exit;
        end if;
        if i_min_interval is null and i_min_count is null then
            select t.tick_id, t.tick_time, t.tick_event_seq into candidate
              from pgq.tick t
             where t.tick_queue = sub.sub_queue and t.tick_id > sub.sub_last_tick
             order by t.tick_id limit 1;
        else
            select h.next_tick_id as tick_id, h.next_tick_time as tick_time, h.next_tick_seq as tick_event_seq into candidate
              from pgq.find_tick_helper(sub.sub_queue, sub.prev_id, sub.prev_time, sub.prev_seq, i_min_count, i_min_interval) h;
        end if;
        if candidate.tick_id is null or coalesce(now() - candidate.tick_time < i_min_lag, false) then
            return;
        end if;
        perform 1 from pgq.subscription s
          where s.sub_queue = sub.sub_queue and s.sub_consumer = sub.sub_consumer
            and s.sub_batch is null and s.sub_last_tick = sub.sub_last_tick
            for update;
        -- Not found: another session was faster, so look again.
        continue when not found;
        batch_id := nextval('pgq.batch_id_seq');
        cur_tick_id := candidate.tick_id;
        cur_tick_time := candidate.tick_time;
        cur_tick_event_seq := candidate.tick_event_seq;
        update pgq.subscription s
           set sub_batch = next_batch_custom.batch_id, sub_next_tick = candidate.tick_id, sub_active = now()
         where s.sub_queue = sub.sub_queue and s.sub_consumer = sub.sub_consumer;
        exit;
    end loop;
    prev_tick_id := sub.prev_id;
    prev_tick_time := sub.prev_time;
    prev_tick_event_seq := sub.prev_seq;
end;
$$;
CREATE FUNCTION pgq.next_batch_info(i_queue_name text, i_consumer_name text, OUT batch_id bigint, OUT cur_tick_id bigint, OUT prev_tick_id bigint, OUT cur_tick_time timestamp with time zone, OUT prev_tick_time timestamp with time zone, OUT cur_tick_event_seq bigint, OUT prev_tick_event_seq bigint) RETURNS record
    LANGUAGE plpgsql
    AS $$
begin
    select f.batch_id, f.cur_tick_id, f.prev_tick_id, f.cur_tick_time, f.prev_tick_time, f.cur_tick_event_seq, f.prev_tick_event_seq
      into batch_id, cur_tick_id, prev_tick_id, cur_tick_time, prev_tick_time, cur_tick_event_seq, prev_tick_event_seq
      from pgq.next_batch_custom(i_queue_name, i_consumer_name, null, null, null) f;
end;
$$;
CREATE FUNCTION pgq.quote_fqname(i_name text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT
    AS $$
declare
    dot integer := pg_catalog.strpos(i_name, '.');
begin
    if dot = 0 then
        return 'public.' || pg_catalog.quote_ident(i_name);
    end if;
    return pg_catalog.quote_ident(pg_catalog.substr(i_name, 1, dot - 1))
        || '.' || pg_catalog.quote_ident(pg_catalog.substr(i_name, dot + 1));
end;
$$;
CREATE FUNCTION pgq.register_consumer(x_queue_name text, x_consumer_id text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq', 'pg_temp'
    AS $$
begin
    return pgq.register_consumer_at(x_queue_name, x_consumer_id, null);
end;
$$;
CREATE FUNCTION pgq.register_consumer_at(x_queue_name text, x_consumer_name text, x_tick_pos bigint) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq', 'pg_temp'
    AS $$
declare
    q_id int4;
    consumer int4;
    start_tick bigint;
begin
    select queue_id into q_id from pgq.queue where queue_name = x_queue_name;
    if not found then
        raise exception 'Event queue not created yet' using errcode = 'PQ001', hint = 'input.queue';
    end if;
    loop
        select co_id into consumer from pgq.consumer where co_name = x_consumer_name for update;
        exit when found;
        insert into pgq.consumer (co_name) values (x_consumer_name)
        on conflict (co_name) do nothing
        returning co_id into consumer;
        exit when found;
    end loop;
    if x_tick_pos is not null then
        perform 1 from pgq.tick where tick_queue = q_id and tick_id = x_tick_pos;
        if not found then
            raise exception 'cannot reposition, tick not found: %', x_tick_pos using errcode = 'PQ013';
        end if;
    end if;
    perform 1 from pgq.subscription where sub_queue = q_id and sub_consumer = consumer;
    if found then
        if x_tick_pos is not null then
            update pgq.subscription
               set sub_last_tick = x_tick_pos, sub_batch = null, sub_next_tick = null, sub_active = now()
             where sub_queue = q_id and sub_consumer = consumer;
        end if;
        return 0;
    end if;
    start_tick := x_tick_pos;
    if start_tick is null then
        select tick_id into start_tick from pgq.tick where tick_queue = q_id order by tick_id desc limit 1;
        if not found then
            raise exception 'No ticks for this queue.  Please run ticker on database.' using errcode = 'PQ013';
        end if;
    end if;
    insert into pgq.subscription (sub_queue, sub_consumer, sub_last_tick) values (q_id, consumer, start_tick);
    return 1;
end;
$$;
CREATE FUNCTION pgq.seq_getval(i_seq_name text) RETURNS bigint
    LANGUAGE plpgsql STRICT
    AS $$
declare
    res bigint;
begin
    execute 'select last_value from ' || pgq.quote_fqname(i_seq_name) into res;
    return res;
end;
$$;
CREATE FUNCTION pgq.seq_setval(i_seq_name text, i_new_value bigint) RETURNS bigint
    LANGUAGE plpgsql STRICT
    AS $$
declare
    seq text := pgq.quote_fqname(i_seq_name);
    res bigint;
begin
    res := pgq.seq_getval(i_seq_name);
    if res < i_new_value then
        perform pg_catalog.setval(seq::pg_catalog.regclass, i_new_value);
        return pgq.seq_getval(i_seq_name);
    end if;
    return res;
end;
$$;
CREATE FUNCTION pgq.set_queue_config(x_queue_name text, x_param_name text, x_param_value text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq', 'pg_temp'
    AS $_$
begin
    if x_queue_name is null or x_param_name is null then
        raise exception 'Invalid NULL value' using errcode = 'PQ012';
    end if;
    perform 1 from pgq.queue where queue_name = x_queue_name;
    if not found then
        raise exception 'No such event queue' using errcode = 'PQ001', hint = 'input.queue';
    end if;
    if x_param_name not in ('ticker_max_count', 'ticker_max_lag', 'ticker_idle_period', 'ticker_paused',
                            'rotation_period', 'external_ticker') then
        raise exception 'cannot change parameter "%s"', x_param_name using errcode = 'PQ012';
    end if;
    if x_param_value is null then
        raise exception 'Invalid NULL value' using errcode = '22004';
    end if;
    execute format('update pgq.queue set %I = %L where queue_name = $1', 'queue_' || x_param_name, x_param_value)
      using x_queue_name;
    return 1;
end;
$_$;
CREATE FUNCTION pgq.sqltriga() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION pgq.ticker() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq', 'pg_temp'
    AS $$
declare
    plan record;
    ticked bigint := 0;
begin
    for plan in select queue_id from pgq._ticker_plan(null) where is_due or may_owe loop
        if pgq._tick_queue(plan.queue_id, false) is not null then
            ticked := ticked + 1;
        end if;
    end loop;
    return ticked;
end;
$$;
CREATE FUNCTION pgq.ticker(i_queue_name text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq', 'pg_temp'
    AS $$
declare
    q record;
begin
    select queue_id, queue_external_ticker, queue_ticker_paused into q from pgq.queue where queue_name = i_queue_name;
    if not found then
        raise exception 'no such queue' using errcode = 'PQ001', hint = 'input.queue';
    end if;
    if q.queue_external_ticker then
        raise exception 'This queue has external tick source.' using errcode = 'PQ007';
    end if;
    if q.queue_ticker_paused then
        raise exception 'Ticker has been paused for this queue' using errcode = 'PQ006';
    end if;
    return pgq._tick_queue(q.queue_id, true);
end;
$$;
CREATE FUNCTION pgq.ticker(i_queue_name text, i_tick_id bigint, i_orig_timestamp timestamp with time zone, i_event_seq bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq', 'pg_temp'
    AS $$
declare
    q pgq.queue%rowtype;
    newest record;
    snap txid_snapshot;
begin
    select * into q from pgq.queue where queue_name = i_queue_name;
    if not found or not q.queue_external_ticker or q.queue_ticker_paused then
        raise exception 'queue not found or ticker disabled: %', i_queue_name
            using errcode = case when q.queue_id is null then 'PQ001' when q.queue_ticker_paused then 'PQ006' else 'PQ012' end;
    end if;
    perform pg_advisory_xact_lock(1885827444, q.queue_id);
    select tick_id, tick_event_seq, tick_snapshot into newest
      from pgq.tick where tick_queue = q.queue_id order by tick_id desc limit 1;
    snap := pgq._tick_snapshot();
    if i_tick_id < newest.tick_id then
        raise exception 'tick % of queue % is not above the newest, %', i_tick_id, i_queue_name, newest.tick_id using errcode = 'PQ012';
    end if;
    if i_event_seq < newest.tick_event_seq then
        raise exception 'event sequence % of queue % is below that of the newest tick, %', i_event_seq, i_queue_name, newest.tick_event_seq
            using errcode = 'PQ012';
    end if;
    if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted')
       and coalesce(pg_sequence_last_value(q.queue_tick_seq::regclass), 0) > coalesce(newest.tick_id, 0) then
        raise exception 'the snapshot of this transaction may be older than the newest tick of queue %', i_queue_name using errcode = '40001';
    end if;
    insert into pgq.tick (tick_queue, tick_id, tick_time, tick_snapshot, tick_event_seq)
    values (q.queue_id, i_tick_id, i_orig_timestamp, snap, i_event_seq);
    perform pgq.seq_setval(q.queue_tick_seq, i_tick_id);
    perform pgq.seq_setval(q.queue_event_seq, i_event_seq);
    return i_tick_id;
end;
$$;
CREATE FUNCTION pgq.tune_storage(i_queue_name text) RETURNS integer
    LANGUAGE plpgsql STRICT
    AS $$
declare
    q pgq.queue%rowtype;
begin
    select * into q from pgq.queue where queue_name = i_queue_name;
    if not found then
        return 0;
    end if;
    for i in 0 .. q.queue_ntables - 1 loop
        execute pg_catalog.format(
            'alter table %s set (fillfactor = 100, autovacuum_enabled = off, toast.autovacuum_enabled = off)',
            pgq.quote_fqname(q.queue_data_pfx || '_' || i));
    end loop;
    return 1;
end;
$$;
CREATE FUNCTION pgq.unregister_consumer(x_queue_name text, x_consumer_name text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq', 'pg_temp'
    AS $$
declare
    sub record;
    removed int4[];
begin
    select s.sub_id, s.sub_queue, s.sub_consumer, s.sub_batch
      into sub
      from pgq.subscription s
      join pgq.consumer c on c.co_id = s.sub_consumer
      join pgq.queue q on q.queue_id = s.sub_queue
     where q.queue_name = x_queue_name and c.co_name = x_consumer_name
       for update of s, c;
    if not found then
        return 0;
    end if;
    if pgq._is_subconsumer(sub.sub_queue, sub.sub_consumer) then
        if sub.sub_batch is not null then
            perform pgq.batch_retry(sub.sub_batch, 0);
        end if;
        delete from pgq.subscription where sub_queue = sub.sub_queue and sub_consumer = sub.sub_consumer;
        removed := array[sub.sub_consumer];
    else
        delete from pgq.retry_queue where ev_owner = sub.sub_id;
        with gone as (
            delete from pgq.subscription where sub_queue = sub.sub_queue and sub_id = sub.sub_id returning sub_consumer
        )
        select array_agg(sub_consumer) into removed from gone;
    end if;
    perform 1 from pgq.consumer where co_id = any (removed) order by co_id for update;
    delete from pgq.consumer c
     where c.co_id = any (removed)
       and not exists (select 1 from pgq.subscription s where s.sub_consumer = c.co_id);
    return cardinality(removed);
end;
$$;
CREATE FUNCTION pgq.upgrade_schema() RETURNS integer
    LANGUAGE sql
    AS $$ select 0 $$;
CREATE FUNCTION pgq.version() RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$ select '3.5'::text $$;
CREATE FUNCTION pgq_coop._is_subconsumer(i_queue_id integer, i_consumer_id integer) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    select exists (
        select 1
          from pgq.subscription s
          join pgq.consumer c on c.co_id = s.sub_consumer
          join pgq.subscription main on main.sub_queue = s.sub_queue and main.sub_id = s.sub_id and main.sub_consumer <> s.sub_consumer
          join pgq.consumer mc on mc.co_id = main.sub_consumer
         where s.sub_queue = i_queue_id and s.sub_consumer = i_consumer_id
           and pg_catalog.starts_with(c.co_name, mc.co_name || '.'))
$$;
SET default_tablespace = '';
CREATE TABLE pgq.subscription (
    sub_id integer NOT NULL,
    sub_queue integer NOT NULL,
    sub_consumer integer NOT NULL,
    sub_last_tick bigint,
    sub_active timestamp with time zone DEFAULT now() NOT NULL,
    sub_batch bigint,
    sub_next_tick bigint
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='500');
CREATE FUNCTION pgq_coop._lock_group(i_queue_name text, i_consumer_name text) RETURNS pgq.subscription
    LANGUAGE plpgsql
    AS $$
declare
    main pgq.subscription;
begin
    select s.* into main
      from pgq.subscription s
      join pgq.queue q on q.queue_id = s.sub_queue
      join pgq.consumer c on c.co_id = s.sub_consumer
     where q.queue_name = i_queue_name and c.co_name = i_consumer_name
       for update of s;
    if found and pgq_coop._is_subconsumer(main.sub_queue, main.sub_consumer) then
        raise exception 'consumer "%" is a subconsumer itself', i_consumer_name using errcode = 'PQ012', hint = 'input.consumer';
    end if;
    return main;
end;
$$;
CREATE FUNCTION pgq_coop._subscription(i_queue_name text, i_consumer_name text) RETURNS pgq.subscription
    LANGUAGE sql STABLE
    AS $$
    select s
      from pgq.subscription s
      join pgq.queue q on q.queue_id = s.sub_queue
      join pgq.consumer c on c.co_id = s.sub_consumer
     where q.queue_name = i_queue_name and c.co_name = i_consumer_name
$$;
CREATE FUNCTION pgq_coop.finish_batch(i_batch_id bigint) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq', 'pg_temp'
    AS $$
begin
    update pgq.subscription
       set sub_last_tick = case when pgq_coop._is_subconsumer(sub_queue, sub_consumer) then null else sub_next_tick end,
           sub_next_tick = null, sub_batch = null, sub_active = now()
     where sub_batch = i_batch_id;
    if not found then
        raise warning 'coop_finish_batch: batch % not found', i_batch_id;
        return 0;
    end if;
    return 1;
end;
$$;
CREATE FUNCTION pgq_coop.next_batch(i_queue_name text, i_consumer_name text, i_subconsumer_name text) RETURNS bigint
    LANGUAGE sql
    AS $_$ select pgq_coop.next_batch_custom($1, $2, $3, null, null, null, null) $_$;
CREATE FUNCTION pgq_coop.next_batch(i_queue_name text, i_consumer_name text, i_subconsumer_name text, i_dead_interval interval) RETURNS bigint
    LANGUAGE sql
    AS $_$ select pgq_coop.next_batch_custom($1, $2, $3, null, null, null, $4) $_$;
CREATE FUNCTION pgq_coop.next_batch_custom(i_queue_name text, i_consumer_name text, i_subconsumer_name text, i_min_lag interval, i_min_count integer, i_min_interval interval) RETURNS bigint
    LANGUAGE sql
    AS $_$ select pgq_coop.next_batch_custom($1, $2, $3, $4, $5, $6, null) $_$;
CREATE FUNCTION pgq_coop.next_batch_custom(i_queue_name text, i_consumer_name text, i_subconsumer_name text, i_min_lag interval, i_min_count integer, i_min_interval interval, i_dead_interval interval) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq', 'pg_temp'
    AS $$
declare
    member_name text := i_consumer_name || '.' || i_subconsumer_name;
    main pgq.subscription;
    member pgq.subscription;
    dead pgq.subscription;
    batch record;
begin
    main := pgq_coop._lock_group(i_queue_name, i_consumer_name);
    if main.sub_id is null then
        perform pgq_coop.register_subconsumer(i_queue_name, i_consumer_name, i_subconsumer_name);
        main := pgq_coop._lock_group(i_queue_name, i_consumer_name);
    end if;
    if main.sub_next_tick is not null then
        raise exception 'main consumer has batch open?' using errcode = 'PQ010';
    end if;
    member := pgq_coop._subscription(i_queue_name, member_name);
    if member.sub_id is null then
        perform pgq_coop.register_subconsumer(i_queue_name, i_consumer_name, i_subconsumer_name);
        member := pgq_coop._subscription(i_queue_name, member_name);
    end if;
    if member.sub_id is distinct from main.sub_id then
        raise exception 'consumer "%" exists and is not a subconsumer of "%"', member_name, i_consumer_name
            using errcode = 'PQ012', hint = 'input.subconsumer';
    end if;
    select * into member
      from pgq.subscription
     where sub_queue = member.sub_queue and sub_consumer = member.sub_consumer
       for update;
    if not found then
        raise exception 'subconsumer not found' using errcode = 'PQ002', hint = 'input.subconsumer';
    end if;
    if member.sub_batch is not null then
        update pgq.subscription set sub_active = now()
         where sub_queue = member.sub_queue and sub_consumer = member.sub_consumer;
        return member.sub_batch;
    end if;
    if member.sub_last_tick is not null then
        -- Left by upstream's pgq.finish_batch on a member's batch; it would hold back rotation.
        update pgq.subscription set sub_last_tick = null, sub_next_tick = null
         where sub_queue = member.sub_queue and sub_consumer = member.sub_consumer;
    end if;
    if i_dead_interval is not null then
        select * into dead
          from pgq.subscription
         where sub_queue = main.sub_queue and sub_id = main.sub_id
           and sub_consumer not in (main.sub_consumer, member.sub_consumer)
           and sub_batch is not null and sub_active < now() - i_dead_interval
         order by sub_active, sub_consumer
         limit 1
           for update skip locked;
        if found then
            update pgq.subscription set sub_batch = null, sub_last_tick = null, sub_next_tick = null
             where sub_queue = dead.sub_queue and sub_consumer = dead.sub_consumer;
            update pgq.subscription
               set sub_batch = dead.sub_batch, sub_last_tick = dead.sub_last_tick, sub_next_tick = dead.sub_next_tick, sub_active = now()
             where sub_queue = member.sub_queue and sub_consumer = member.sub_consumer;
            return dead.sub_batch;
        end if;
    end if;
    select * into batch
      from pgq.next_batch_custom(i_queue_name, i_consumer_name, i_min_lag, i_min_count, i_min_interval);
    if batch.batch_id is null then
        return null;
    end if;
    -- The group's position moves on now; until the member is done, its own row keeps the ticks of the batch from rotation.
    update pgq.subscription
       set sub_last_tick = batch.cur_tick_id, sub_next_tick = null, sub_batch = null, sub_active = now()
     where sub_queue = main.sub_queue and sub_consumer = main.sub_consumer;
    update pgq.subscription
       set sub_last_tick = batch.prev_tick_id, sub_next_tick = batch.cur_tick_id, sub_batch = batch.batch_id, sub_active = now()
     where sub_queue = member.sub_queue and sub_consumer = member.sub_consumer;
    return batch.batch_id;
end;
$$;
CREATE FUNCTION pgq_coop.register_subconsumer(i_queue_name text, i_consumer_name text, i_subconsumer_name text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq', 'pg_temp'
    AS $$
declare
    member_name text := i_consumer_name || '.' || i_subconsumer_name;
    main pgq.subscription;
    member pgq.subscription;
begin
    perform pgq.register_consumer(i_queue_name, i_consumer_name);
    main := pgq_coop._lock_group(i_queue_name, i_consumer_name);
    if main.sub_id is null then
        raise exception 'main consumer not found' using errcode = 'PQ002', hint = 'input.consumer';
    end if;
    if pgq.register_consumer(i_queue_name, member_name) = 1 then
        member := pgq_coop._subscription(i_queue_name, member_name);
        update pgq.subscription
           set sub_id = main.sub_id, sub_last_tick = null, sub_next_tick = null
         where sub_queue = member.sub_queue and sub_consumer = member.sub_consumer;
        return 1;
    end if;
    member := pgq_coop._subscription(i_queue_name, member_name);
    if member.sub_id <> main.sub_id then
        raise exception 'consumer "%" exists and is not a subconsumer of "%"', member_name, i_consumer_name
            using errcode = 'PQ012', hint = 'input.subconsumer';
    end if;
    return 0;
end;
$$;
CREATE FUNCTION pgq_coop.unregister_subconsumer(i_queue_name text, i_consumer_name text, i_subconsumer_name text, i_batch_handling integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq', 'pg_temp'
    AS $$
declare
    member_name text := i_consumer_name || '.' || i_subconsumer_name;
    main pgq.subscription;
    member pgq.subscription;
begin
    main := pgq_coop._lock_group(i_queue_name, i_consumer_name);
    select s.* into member
      from pgq.subscription s
      join pgq.queue q on q.queue_id = s.sub_queue
      join pgq.consumer c on c.co_id = s.sub_consumer
     where q.queue_name = i_queue_name and c.co_name = member_name
       for update of s;
    if not found then
        return 0;
    end if;
    if main.sub_id is distinct from member.sub_id then
        raise exception 'consumer "%" exists and is not a subconsumer of "%"', member_name, i_consumer_name
            using errcode = 'PQ012', hint = 'input.subconsumer';
    end if;
    if member.sub_batch is not null then
        if i_batch_handling is distinct from 1 then
            raise exception 'subconsumer has active batch' using errcode = 'PQ010';
        end if;
        perform pgq.batch_retry(member.sub_batch, 0);
    end if;
    delete from pgq.subscription where sub_queue = member.sub_queue and sub_consumer = member.sub_consumer;
    perform 1 from pgq.consumer where co_id = member.sub_consumer for update;
    delete from pgq.consumer c
     where c.co_id = member.sub_consumer
       and not exists (select 1 from pgq.subscription s where s.sub_consumer = c.co_id);
    return 1;
end;
$$;
CREATE FUNCTION pgq_coop.version() RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$ select '3.4'::text $$;
CREATE FUNCTION pgq_ext.get_last_tick(a_consumer text) RETURNS bigint
    LANGUAGE sql
    AS $$ select pgq_ext.get_last_tick(a_consumer, '') $$;
CREATE FUNCTION pgq_ext.get_last_tick(a_consumer text, a_subconsumer text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq_ext', 'pg_temp'
    AS $$
begin
    return (select last_tick_id from pgq_ext.completed_tick where consumer_id = a_consumer and subconsumer_id = a_subconsumer);
end;
$$;
CREATE FUNCTION pgq_ext.is_batch_done(a_consumer text, a_batch_id bigint) RETURNS boolean
    LANGUAGE sql
    AS $$ select pgq_ext.is_batch_done(a_consumer, '', a_batch_id) $$;
CREATE FUNCTION pgq_ext.is_batch_done(a_consumer text, a_subconsumer text, a_batch_id bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq_ext', 'pg_temp'
    AS $$
begin
    return exists (
        select 1 from pgq_ext.completed_batch
         where consumer_id = a_consumer and subconsumer_id = a_subconsumer and last_batch_id = a_batch_id);
end;
$$;
CREATE FUNCTION pgq_ext.is_event_done(a_consumer text, a_batch_id bigint, a_event_id bigint) RETURNS boolean
    LANGUAGE sql
    AS $$ select pgq_ext.is_event_done(a_consumer, '', a_batch_id, a_event_id) $$;
CREATE FUNCTION pgq_ext.is_event_done(a_consumer text, a_subconsumer text, a_batch_id bigint, a_event_id bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq_ext', 'pg_temp'
    AS $$
begin
    return exists (
        select 1 from pgq_ext.completed_event
         where consumer_id = a_consumer and subconsumer_id = a_subconsumer and batch_id = a_batch_id and event_id = a_event_id);
end;
$$;
CREATE FUNCTION pgq_ext.set_batch_done(a_consumer text, a_batch_id bigint) RETURNS boolean
    LANGUAGE sql
    AS $$ select pgq_ext.set_batch_done(a_consumer, '', a_batch_id) $$;
CREATE FUNCTION pgq_ext.set_batch_done(a_consumer text, a_subconsumer text, a_batch_id bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq_ext', 'pg_temp'
    AS $$
begin
    if pgq_ext.is_batch_done(a_consumer, a_subconsumer, a_batch_id) then
        return false;
    end if;
    if a_batch_id > 0 then
        insert into pgq_ext.completed_batch as done (consumer_id, subconsumer_id, last_batch_id)
        values (a_consumer, a_subconsumer, a_batch_id)
        on conflict (consumer_id, subconsumer_id) do update
           set last_batch_id = excluded.last_batch_id
         where done.last_batch_id <> excluded.last_batch_id;
        return found;
    end if;
    return true;
end;
$$;
CREATE FUNCTION pgq_ext.set_event_done(a_consumer text, a_batch_id bigint, a_event_id bigint) RETURNS boolean
    LANGUAGE sql
    AS $$ select pgq_ext.set_event_done(a_consumer, '', a_batch_id, a_event_id) $$;
CREATE FUNCTION pgq_ext.set_event_done(a_consumer text, a_subconsumer text, a_batch_id bigint, a_event_id bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq_ext', 'pg_temp'
    AS $$
declare
    previous bigint;
begin
    if pgq_ext.is_event_done(a_consumer, a_subconsumer, a_batch_id, a_event_id) then
        return false;
    end if;
    select cur_batch_id into previous
      from pgq_ext.partial_batch
     where consumer_id = a_consumer and subconsumer_id = a_subconsumer
       for update;
    if previous is distinct from a_batch_id then
        delete from pgq_ext.completed_event
         where consumer_id = a_consumer and subconsumer_id = a_subconsumer and batch_id = previous;
        insert into pgq_ext.partial_batch (consumer_id, subconsumer_id, cur_batch_id)
        values (a_consumer, a_subconsumer, a_batch_id)
        on conflict (consumer_id, subconsumer_id) do update set cur_batch_id = excluded.cur_batch_id;
    end if;
    insert into pgq_ext.completed_event (consumer_id, subconsumer_id, batch_id, event_id)
    values (a_consumer, a_subconsumer, a_batch_id, a_event_id)
    on conflict do nothing;
    return found;
end;
$$;
CREATE FUNCTION pgq_ext.set_last_tick(a_consumer text, a_tick_id bigint) RETURNS integer
    LANGUAGE sql
    AS $$ select pgq_ext.set_last_tick(a_consumer, '', a_tick_id) $$;
CREATE FUNCTION pgq_ext.set_last_tick(a_consumer text, a_subconsumer text, a_tick_id bigint) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pgq_ext', 'pg_temp'
    AS $$
begin
    if a_tick_id is null then
        delete from pgq_ext.completed_tick where consumer_id = a_consumer and subconsumer_id = a_subconsumer;
    else
        insert into pgq_ext.completed_tick (consumer_id, subconsumer_id, last_tick_id)
        values (a_consumer, a_subconsumer, a_tick_id)
        on conflict (consumer_id, subconsumer_id) do update set last_tick_id = excluded.last_tick_id;
    end if;
    return 1;
end;
$$;
CREATE FUNCTION pgq_ext.upgrade_schema() RETURNS integer
    LANGUAGE sql
    AS $$ select 0 $$;
CREATE FUNCTION pgq_ext.version() RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$ select '3.1'::text $$;
CREATE SEQUENCE pgq.batch_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
CREATE TABLE pgq.consumer (
    co_id integer NOT NULL,
    co_name text NOT NULL
);
CREATE SEQUENCE pgq.consumer_co_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE pgq.consumer_co_id_seq OWNED BY pgq.consumer.co_id;
CREATE TABLE pgq.event_template (
    ev_id bigint NOT NULL,
    ev_time timestamp with time zone NOT NULL,
    ev_txid bigint DEFAULT txid_current() NOT NULL,
    ev_owner integer,
    ev_retry integer,
    ev_type text,
    ev_data text,
    ev_extra1 text,
    ev_extra2 text,
    ev_extra3 text,
    ev_extra4 text
);
CREATE TABLE pgq.event_1 (
)
INHERITS (pgq.event_template);
CREATE TABLE pgq.event_1_0 (
)
INHERITS (pgq.event_1)
WITH (fillfactor='100', autovacuum_enabled=off, toast.autovacuum_enabled=off);
CREATE TABLE pgq.event_1_1 (
)
INHERITS (pgq.event_1)
WITH (fillfactor='100', autovacuum_enabled=off, toast.autovacuum_enabled=off);
CREATE TABLE pgq.event_1_2 (
)
INHERITS (pgq.event_1)
WITH (fillfactor='100', autovacuum_enabled=off, toast.autovacuum_enabled=off);
CREATE SEQUENCE pgq.event_1_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
CREATE SEQUENCE pgq.event_1_tick_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
CREATE TABLE pgq.queue (
    queue_id integer NOT NULL,
    queue_name text NOT NULL,
    queue_ntables integer DEFAULT 3 NOT NULL,
    queue_cur_table integer DEFAULT 0 NOT NULL,
    queue_rotation_period interval DEFAULT '02:00:00'::interval NOT NULL,
    queue_switch_step1 bigint DEFAULT txid_current() NOT NULL,
    queue_switch_step2 bigint DEFAULT txid_current(),
    queue_switch_time timestamp with time zone DEFAULT now() NOT NULL,
    queue_external_ticker boolean DEFAULT false NOT NULL,
    queue_disable_insert boolean DEFAULT false NOT NULL,
    queue_ticker_paused boolean DEFAULT false NOT NULL,
    queue_ticker_max_count integer DEFAULT 500 NOT NULL,
    queue_ticker_max_lag interval DEFAULT '00:00:03'::interval NOT NULL,
    queue_ticker_idle_period interval DEFAULT '00:01:00'::interval NOT NULL,
    queue_per_tx_limit integer,
    queue_data_pfx text NOT NULL,
    queue_event_seq text NOT NULL,
    queue_tick_seq text NOT NULL,
    queue_extra_maint text[]
)
WITH (fillfactor='70');
CREATE SEQUENCE pgq.queue_queue_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE pgq.queue_queue_id_seq OWNED BY pgq.queue.queue_id;
CREATE TABLE pgq.retry_queue (
    ev_retry_after timestamp with time zone NOT NULL,
    ev_queue integer NOT NULL,
    ev_id bigint NOT NULL,
    ev_time timestamp with time zone NOT NULL,
    ev_txid bigint,
    ev_owner integer NOT NULL,
    ev_retry integer,
    ev_type text,
    ev_data text,
    ev_extra1 text,
    ev_extra2 text,
    ev_extra3 text,
    ev_extra4 text
);
CREATE SEQUENCE pgq.subscription_sub_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE pgq.subscription_sub_id_seq OWNED BY pgq.subscription.sub_id;
CREATE TABLE pgq.tick (
    tick_queue integer NOT NULL,
    tick_id bigint NOT NULL,
    tick_time timestamp with time zone DEFAULT now() NOT NULL,
    tick_snapshot txid_snapshot DEFAULT txid_current_snapshot() NOT NULL,
    tick_event_seq bigint NOT NULL
);
CREATE TABLE pgq_ext.completed_batch (
    consumer_id text NOT NULL,
    subconsumer_id text DEFAULT ''::text NOT NULL,
    last_batch_id bigint NOT NULL
)
WITH (fillfactor='70');
CREATE TABLE pgq_ext.completed_event (
    consumer_id text NOT NULL,
    subconsumer_id text DEFAULT ''::text NOT NULL,
    batch_id bigint NOT NULL,
    event_id bigint NOT NULL
);
CREATE TABLE pgq_ext.completed_tick (
    consumer_id text NOT NULL,
    subconsumer_id text DEFAULT ''::text NOT NULL,
    last_tick_id bigint NOT NULL
)
WITH (fillfactor='70');
CREATE TABLE pgq_ext.partial_batch (
    consumer_id text NOT NULL,
    subconsumer_id text DEFAULT ''::text NOT NULL,
    cur_batch_id bigint NOT NULL
)
WITH (fillfactor='70');
CREATE TABLE pgq_gateway.installed (
    component text NOT NULL,
    version text NOT NULL,
    checksum text NOT NULL,
    installed_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.item (
    id integer NOT NULL,
    title text
);
ALTER TABLE ONLY pgq.consumer ALTER COLUMN co_id SET DEFAULT nextval('pgq.consumer_co_id_seq'::regclass);
ALTER TABLE ONLY pgq.event_1 ALTER COLUMN ev_txid SET DEFAULT txid_current();
ALTER TABLE ONLY pgq.event_1_0 ALTER COLUMN ev_id SET DEFAULT nextval('pgq.event_1_id_seq'::regclass);
ALTER TABLE ONLY pgq.event_1_0 ALTER COLUMN ev_txid SET DEFAULT txid_current();
ALTER TABLE ONLY pgq.event_1_1 ALTER COLUMN ev_id SET DEFAULT nextval('pgq.event_1_id_seq'::regclass);
ALTER TABLE ONLY pgq.event_1_1 ALTER COLUMN ev_txid SET DEFAULT txid_current();
ALTER TABLE ONLY pgq.event_1_2 ALTER COLUMN ev_id SET DEFAULT nextval('pgq.event_1_id_seq'::regclass);
ALTER TABLE ONLY pgq.event_1_2 ALTER COLUMN ev_txid SET DEFAULT txid_current();
ALTER TABLE ONLY pgq.queue ALTER COLUMN queue_id SET DEFAULT nextval('pgq.queue_queue_id_seq'::regclass);
ALTER TABLE ONLY pgq.subscription ALTER COLUMN sub_id SET DEFAULT nextval('pgq.subscription_sub_id_seq'::regclass);
INSERT INTO pgq.consumer VALUES (1, 'c');
INSERT INTO pgq.consumer VALUES (2, 'm');
INSERT INTO pgq.consumer VALUES (3, 'm.s');
INSERT INTO pgq.event_1_0 VALUES (1, '2026-11-01 00:00:00+00', 4, NULL, NULL, 't', 'in the open batch', NULL, NULL, NULL, NULL);
INSERT INTO pgq.event_1_0 VALUES (2, '2026-11-01 00:00:00+00', 6, NULL, NULL, '{"op":"INSERT","table":["public","item"],"pkey":["id"]}', '{"id":1,"title":"by trigger"}', 'public.item', NULL, NULL, NULL);
INSERT INTO pgq.event_1_0 VALUES (3, '2026-11-01 00:00:00+00', 8, NULL, NULL, 't', 'not ticked', NULL, NULL, NULL, NULL);
INSERT INTO pgq.queue VALUES (1, 'kept', 3, 0, '00:00:00', 3, 3, '2026-11-01 00:00:00+00', false, false, false, 500, '00:00:00', '00:00:00', NULL, 'pgq.event_1', 'pgq.event_1_id_seq', 'pgq.event_1_tick_seq', NULL);
INSERT INTO pgq.retry_queue VALUES ('2026-11-21 21:25:20.44122+00', 1, 1, '2026-11-21 21:25:20.437882+00', NULL, 1, 1, 't', 'in the open batch', NULL, NULL, NULL, NULL);
INSERT INTO pgq.subscription VALUES (1, 1, 1, 1, '2026-11-01 00:00:00+00', 1, 2);
INSERT INTO pgq.subscription VALUES (2, 1, 2, 2, '2026-11-01 00:00:00+00', NULL, NULL);
INSERT INTO pgq.subscription VALUES (2, 1, 3, 1, '2026-11-01 00:00:00+00', 2, 2);
INSERT INTO pgq.tick VALUES (1, 1, '2026-11-01 00:00:01+00', '3:3:', 0);
INSERT INTO pgq.tick VALUES (1, 2, '2026-11-01 00:00:02+00', '5:5:', 1);
INSERT INTO pgq.tick VALUES (1, 3, '2026-11-01 00:00:03+00', '7:7:', 2);
INSERT INTO pgq_ext.completed_tick VALUES ('there', '', 7);
INSERT INTO pgq_gateway.installed VALUES ('pgq', '0.0.9', 'older', '2026-11-01 00:00:00+00');
INSERT INTO pgq_gateway.installed VALUES ('pgq_coop', '0.0.9', 'older', '2026-11-01 00:00:00+00');
INSERT INTO pgq_gateway.installed VALUES ('pgq_ext', '0.0.9', 'older', '2026-11-01 00:00:00+00');
INSERT INTO public.item VALUES (1, 'by trigger');
SELECT pg_catalog.setval('pgq.batch_id_seq', 2, true);
SELECT pg_catalog.setval('pgq.consumer_co_id_seq', 3, true);
SELECT pg_catalog.setval('pgq.event_1_id_seq', 3, true);
SELECT pg_catalog.setval('pgq.event_1_tick_seq', 3, true);
SELECT pg_catalog.setval('pgq.queue_queue_id_seq', 1, true);
SELECT pg_catalog.setval('pgq.subscription_sub_id_seq', 3, true);
ALTER TABLE ONLY pgq.consumer
    ADD CONSTRAINT consumer_name_uq UNIQUE (co_name);
ALTER TABLE ONLY pgq.consumer
    ADD CONSTRAINT consumer_pkey PRIMARY KEY (co_id);
ALTER TABLE ONLY pgq.queue
    ADD CONSTRAINT queue_name_uq UNIQUE (queue_name);
ALTER TABLE ONLY pgq.queue
    ADD CONSTRAINT queue_pkey PRIMARY KEY (queue_id);
ALTER TABLE ONLY pgq.retry_queue
    ADD CONSTRAINT rq_pkey PRIMARY KEY (ev_owner, ev_id);
ALTER TABLE ONLY pgq.subscription
    ADD CONSTRAINT subscription_batch_idx UNIQUE (sub_batch);
ALTER TABLE ONLY pgq.subscription
    ADD CONSTRAINT subscription_pkey PRIMARY KEY (sub_queue, sub_consumer);
ALTER TABLE ONLY pgq.tick
    ADD CONSTRAINT tick_pkey PRIMARY KEY (tick_queue, tick_id);
ALTER TABLE ONLY pgq_ext.completed_batch
    ADD CONSTRAINT completed_batch_pkey PRIMARY KEY (consumer_id, subconsumer_id);
ALTER TABLE ONLY pgq_ext.completed_event
    ADD CONSTRAINT completed_event_pkey PRIMARY KEY (consumer_id, subconsumer_id, batch_id, event_id);
ALTER TABLE ONLY pgq_ext.completed_tick
    ADD CONSTRAINT completed_tick_pkey PRIMARY KEY (consumer_id, subconsumer_id);
ALTER TABLE ONLY pgq_ext.partial_batch
    ADD CONSTRAINT partial_batch_pkey PRIMARY KEY (consumer_id, subconsumer_id);
ALTER TABLE ONLY pgq_gateway.installed
    ADD CONSTRAINT installed_pkey PRIMARY KEY (component);
ALTER TABLE ONLY public.item
    ADD CONSTRAINT item_pkey PRIMARY KEY (id);
CREATE INDEX event_1_0_txid_idx ON pgq.event_1_0 USING btree (ev_txid);
CREATE INDEX event_1_1_txid_idx ON pgq.event_1_1 USING btree (ev_txid);
CREATE INDEX event_1_2_txid_idx ON pgq.event_1_2 USING btree (ev_txid);
CREATE INDEX rq_retry_idx ON pgq.retry_queue USING btree (ev_retry_after);
CREATE TRIGGER item_to_kept AFTER INSERT ON public.item FOR EACH ROW EXECUTE FUNCTION pgq.jsontriga('kept');
ALTER TABLE ONLY pgq.retry_queue
    ADD CONSTRAINT rq_queue_id_fkey FOREIGN KEY (ev_queue) REFERENCES pgq.queue(queue_id);
ALTER TABLE ONLY pgq.subscription
    ADD CONSTRAINT sub_consumer_fkey FOREIGN KEY (sub_consumer) REFERENCES pgq.consumer(co_id);
ALTER TABLE ONLY pgq.subscription
    ADD CONSTRAINT sub_queue_fkey FOREIGN KEY (sub_queue) REFERENCES pgq.queue(queue_id);
ALTER TABLE ONLY pgq.tick
    ADD CONSTRAINT tick_queue_fkey FOREIGN KEY (tick_queue) REFERENCES pgq.queue(queue_id);
GRANT USAGE ON SCHEMA pgq TO PUBLIC;
GRANT USAGE ON SCHEMA pgq_coop TO PUBLIC;
GRANT USAGE ON SCHEMA pgq_ext TO PUBLIC;
GRANT USAGE ON SCHEMA pgq_gateway TO PUBLIC;
REVOKE ALL ON FUNCTION pgq._grant_perms_from(src_schema text, src_table text, dst_schema text, dst_table text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq._grant_perms_from(src_schema text, src_table text, dst_schema text, dst_table text) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq._has_undelivered(i_queue_id integer, i_snapshot txid_snapshot) FROM PUBLIC;
REVOKE ALL ON FUNCTION pgq._is_subconsumer(i_queue_id integer, i_consumer_id integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION pgq._tick_queue(i_queue_id integer, i_strict boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION pgq._tick_snapshot() FROM PUBLIC;
REVOKE ALL ON FUNCTION pgq._ticker_plan(i_queue_id integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION pgq.batch_event_sql(x_batch_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.batch_event_sql(x_batch_id bigint) TO pgq_reader;
REVOKE ALL ON FUNCTION pgq.batch_event_tables(x_batch_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.batch_event_tables(x_batch_id bigint) TO pgq_reader;
REVOKE ALL ON FUNCTION pgq.batch_retry(i_batch_id bigint, i_retry_seconds integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.batch_retry(i_batch_id bigint, i_retry_seconds integer) TO pgq_reader;
REVOKE ALL ON FUNCTION pgq.create_queue(i_queue_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.create_queue(i_queue_name text) TO pgq_admin;
GRANT ALL ON FUNCTION pgq.create_queue(i_queue_name text) TO pgq_writer;
REVOKE ALL ON FUNCTION pgq.current_event_table(x_queue_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.current_event_table(x_queue_name text) TO pgq_writer;
REVOKE ALL ON FUNCTION pgq.drop_queue(x_queue_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.drop_queue(x_queue_name text) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq.drop_queue(x_queue_name text, x_force boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.drop_queue(x_queue_name text, x_force boolean) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq.event_retry(x_batch_id bigint, x_event_id bigint, x_retry_seconds integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.event_retry(x_batch_id bigint, x_event_id bigint, x_retry_seconds integer) TO pgq_reader;
REVOKE ALL ON FUNCTION pgq.event_retry(x_batch_id bigint, x_event_id bigint, x_retry_time timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.event_retry(x_batch_id bigint, x_event_id bigint, x_retry_time timestamp with time zone) TO pgq_reader;
REVOKE ALL ON FUNCTION pgq.event_retry_raw(x_queue text, x_consumer text, x_retry_after timestamp with time zone, x_ev_id bigint, x_ev_time timestamp with time zone, x_ev_retry integer, x_ev_type text, x_ev_data text, x_ev_extra1 text, x_ev_extra2 text, x_ev_extra3 text, x_ev_extra4 text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.event_retry_raw(x_queue text, x_consumer text, x_retry_after timestamp with time zone, x_ev_id bigint, x_ev_time timestamp with time zone, x_ev_retry integer, x_ev_type text, x_ev_data text, x_ev_extra1 text, x_ev_extra2 text, x_ev_extra3 text, x_ev_extra4 text) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq.find_tick_helper(i_queue_id integer, i_prev_tick_id bigint, i_prev_tick_time timestamp with time zone, i_prev_tick_seq bigint, i_min_count bigint, i_min_interval interval, OUT next_tick_id bigint, OUT next_tick_time timestamp with time zone, OUT next_tick_seq bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.find_tick_helper(i_queue_id integer, i_prev_tick_id bigint, i_prev_tick_time timestamp with time zone, i_prev_tick_seq bigint, i_min_count bigint, i_min_interval interval, OUT next_tick_id bigint, OUT next_tick_time timestamp with time zone, OUT next_tick_seq bigint) TO pgq_reader;
REVOKE ALL ON FUNCTION pgq.finish_batch(x_batch_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.finish_batch(x_batch_id bigint) TO pgq_reader;
REVOKE ALL ON FUNCTION pgq.force_tick(i_queue_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.force_tick(i_queue_name text) TO pgq_reader;
REVOKE ALL ON FUNCTION pgq.get_batch_cursor(i_batch_id bigint, i_cursor_name text, i_quick_limit integer, OUT ev_id bigint, OUT ev_time timestamp with time zone, OUT ev_txid bigint, OUT ev_retry integer, OUT ev_type text, OUT ev_data text, OUT ev_extra1 text, OUT ev_extra2 text, OUT ev_extra3 text, OUT ev_extra4 text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.get_batch_cursor(i_batch_id bigint, i_cursor_name text, i_quick_limit integer, OUT ev_id bigint, OUT ev_time timestamp with time zone, OUT ev_txid bigint, OUT ev_retry integer, OUT ev_type text, OUT ev_data text, OUT ev_extra1 text, OUT ev_extra2 text, OUT ev_extra3 text, OUT ev_extra4 text) TO pgq_reader;
REVOKE ALL ON FUNCTION pgq.get_batch_cursor(i_batch_id bigint, i_cursor_name text, i_quick_limit integer, i_extra_where text, OUT ev_id bigint, OUT ev_time timestamp with time zone, OUT ev_txid bigint, OUT ev_retry integer, OUT ev_type text, OUT ev_data text, OUT ev_extra1 text, OUT ev_extra2 text, OUT ev_extra3 text, OUT ev_extra4 text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.get_batch_cursor(i_batch_id bigint, i_cursor_name text, i_quick_limit integer, i_extra_where text, OUT ev_id bigint, OUT ev_time timestamp with time zone, OUT ev_txid bigint, OUT ev_retry integer, OUT ev_type text, OUT ev_data text, OUT ev_extra1 text, OUT ev_extra2 text, OUT ev_extra3 text, OUT ev_extra4 text) TO pgq_reader;
REVOKE ALL ON FUNCTION pgq.get_batch_events(x_batch_id bigint, OUT ev_id bigint, OUT ev_time timestamp with time zone, OUT ev_txid bigint, OUT ev_retry integer, OUT ev_type text, OUT ev_data text, OUT ev_extra1 text, OUT ev_extra2 text, OUT ev_extra3 text, OUT ev_extra4 text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.get_batch_events(x_batch_id bigint, OUT ev_id bigint, OUT ev_time timestamp with time zone, OUT ev_txid bigint, OUT ev_retry integer, OUT ev_type text, OUT ev_data text, OUT ev_extra1 text, OUT ev_extra2 text, OUT ev_extra3 text, OUT ev_extra4 text) TO pgq_reader;
REVOKE ALL ON FUNCTION pgq.get_batch_info(x_batch_id bigint, OUT queue_name text, OUT consumer_name text, OUT batch_start timestamp with time zone, OUT batch_end timestamp with time zone, OUT prev_tick_id bigint, OUT tick_id bigint, OUT lag interval, OUT seq_start bigint, OUT seq_end bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.get_batch_info(x_batch_id bigint, OUT queue_name text, OUT consumer_name text, OUT batch_start timestamp with time zone, OUT batch_end timestamp with time zone, OUT prev_tick_id bigint, OUT tick_id bigint, OUT lag interval, OUT seq_start bigint, OUT seq_end bigint) TO pgq_reader;
REVOKE ALL ON FUNCTION pgq.grant_perms(x_queue_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.grant_perms(x_queue_name text) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq.insert_event(queue_name text, ev_type text, ev_data text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.insert_event(queue_name text, ev_type text, ev_data text) TO pgq_writer;
REVOKE ALL ON FUNCTION pgq.insert_event(queue_name text, ev_type text, ev_data text, ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.insert_event(queue_name text, ev_type text, ev_data text, ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text) TO pgq_writer;
REVOKE ALL ON FUNCTION pgq.insert_event_raw(queue_name text, ev_id bigint, ev_time timestamp with time zone, ev_owner integer, ev_retry integer, ev_type text, ev_data text, ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.insert_event_raw(queue_name text, ev_id bigint, ev_time timestamp with time zone, ev_owner integer, ev_retry integer, ev_type text, ev_data text, ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq.jsontriga() FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.jsontriga() TO pgq_writer;
REVOKE ALL ON FUNCTION pgq.logutriga() FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.logutriga() TO pgq_writer;
REVOKE ALL ON FUNCTION pgq.maint_operations(OUT func_name text, OUT func_arg text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.maint_operations(OUT func_name text, OUT func_arg text) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq.maint_retry_events() FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.maint_retry_events() TO pgq_admin;
REVOKE ALL ON FUNCTION pgq.maint_rotate_tables_step1(i_queue_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.maint_rotate_tables_step1(i_queue_name text) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq.maint_rotate_tables_step2() FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.maint_rotate_tables_step2() TO pgq_admin;
REVOKE ALL ON FUNCTION pgq.maint_tables_to_vacuum() FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.maint_tables_to_vacuum() TO pgq_admin;
REVOKE ALL ON FUNCTION pgq.next_batch(i_queue_name text, i_consumer_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.next_batch(i_queue_name text, i_consumer_name text) TO pgq_reader;
REVOKE ALL ON FUNCTION pgq.next_batch_custom(i_queue_name text, i_consumer_name text, i_min_lag interval, i_min_count integer, i_min_interval interval, OUT batch_id bigint, OUT cur_tick_id bigint, OUT prev_tick_id bigint, OUT cur_tick_time timestamp with time zone, OUT prev_tick_time timestamp with time zone, OUT cur_tick_event_seq bigint, OUT prev_tick_event_seq bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.next_batch_custom(i_queue_name text, i_consumer_name text, i_min_lag interval, i_min_count integer, i_min_interval interval, OUT batch_id bigint, OUT cur_tick_id bigint, OUT prev_tick_id bigint, OUT cur_tick_time timestamp with time zone, OUT prev_tick_time timestamp with time zone, OUT cur_tick_event_seq bigint, OUT prev_tick_event_seq bigint) TO pgq_reader;
REVOKE ALL ON FUNCTION pgq.next_batch_info(i_queue_name text, i_consumer_name text, OUT batch_id bigint, OUT cur_tick_id bigint, OUT prev_tick_id bigint, OUT cur_tick_time timestamp with time zone, OUT prev_tick_time timestamp with time zone, OUT cur_tick_event_seq bigint, OUT prev_tick_event_seq bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.next_batch_info(i_queue_name text, i_consumer_name text, OUT batch_id bigint, OUT cur_tick_id bigint, OUT prev_tick_id bigint, OUT cur_tick_time timestamp with time zone, OUT prev_tick_time timestamp with time zone, OUT cur_tick_event_seq bigint, OUT prev_tick_event_seq bigint) TO pgq_reader;
REVOKE ALL ON FUNCTION pgq.register_consumer(x_queue_name text, x_consumer_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.register_consumer(x_queue_name text, x_consumer_id text) TO pgq_reader;
REVOKE ALL ON FUNCTION pgq.register_consumer_at(x_queue_name text, x_consumer_name text, x_tick_pos bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.register_consumer_at(x_queue_name text, x_consumer_name text, x_tick_pos bigint) TO pgq_reader;
REVOKE ALL ON FUNCTION pgq.seq_setval(i_seq_name text, i_new_value bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.seq_setval(i_seq_name text, i_new_value bigint) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq.set_queue_config(x_queue_name text, x_param_name text, x_param_value text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.set_queue_config(x_queue_name text, x_param_name text, x_param_value text) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq.sqltriga() FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.sqltriga() TO pgq_writer;
REVOKE ALL ON FUNCTION pgq.ticker() FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.ticker() TO pgq_admin;
REVOKE ALL ON FUNCTION pgq.ticker(i_queue_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.ticker(i_queue_name text) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq.ticker(i_queue_name text, i_tick_id bigint, i_orig_timestamp timestamp with time zone, i_event_seq bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.ticker(i_queue_name text, i_tick_id bigint, i_orig_timestamp timestamp with time zone, i_event_seq bigint) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq.tune_storage(i_queue_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.tune_storage(i_queue_name text) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq.unregister_consumer(x_queue_name text, x_consumer_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.unregister_consumer(x_queue_name text, x_consumer_name text) TO pgq_reader;
REVOKE ALL ON FUNCTION pgq.upgrade_schema() FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.upgrade_schema() TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_coop._is_subconsumer(i_queue_id integer, i_consumer_id integer) FROM PUBLIC;
GRANT SELECT ON TABLE pgq.subscription TO PUBLIC;
GRANT SELECT ON TABLE pgq.subscription TO pgq_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE pgq.subscription TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_coop._lock_group(i_queue_name text, i_consumer_name text) FROM PUBLIC;
REVOKE ALL ON FUNCTION pgq_coop._subscription(i_queue_name text, i_consumer_name text) FROM PUBLIC;
REVOKE ALL ON FUNCTION pgq_coop.finish_batch(i_batch_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_coop.finish_batch(i_batch_id bigint) TO pgq_reader;
REVOKE ALL ON FUNCTION pgq_coop.next_batch(i_queue_name text, i_consumer_name text, i_subconsumer_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_coop.next_batch(i_queue_name text, i_consumer_name text, i_subconsumer_name text) TO pgq_reader;
REVOKE ALL ON FUNCTION pgq_coop.next_batch(i_queue_name text, i_consumer_name text, i_subconsumer_name text, i_dead_interval interval) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_coop.next_batch(i_queue_name text, i_consumer_name text, i_subconsumer_name text, i_dead_interval interval) TO pgq_reader;
REVOKE ALL ON FUNCTION pgq_coop.next_batch_custom(i_queue_name text, i_consumer_name text, i_subconsumer_name text, i_min_lag interval, i_min_count integer, i_min_interval interval) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_coop.next_batch_custom(i_queue_name text, i_consumer_name text, i_subconsumer_name text, i_min_lag interval, i_min_count integer, i_min_interval interval) TO pgq_reader;
REVOKE ALL ON FUNCTION pgq_coop.next_batch_custom(i_queue_name text, i_consumer_name text, i_subconsumer_name text, i_min_lag interval, i_min_count integer, i_min_interval interval, i_dead_interval interval) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_coop.next_batch_custom(i_queue_name text, i_consumer_name text, i_subconsumer_name text, i_min_lag interval, i_min_count integer, i_min_interval interval, i_dead_interval interval) TO pgq_reader;
REVOKE ALL ON FUNCTION pgq_coop.register_subconsumer(i_queue_name text, i_consumer_name text, i_subconsumer_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_coop.register_subconsumer(i_queue_name text, i_consumer_name text, i_subconsumer_name text) TO pgq_reader;
REVOKE ALL ON FUNCTION pgq_coop.unregister_subconsumer(i_queue_name text, i_consumer_name text, i_subconsumer_name text, i_batch_handling integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_coop.unregister_subconsumer(i_queue_name text, i_consumer_name text, i_subconsumer_name text, i_batch_handling integer) TO pgq_reader;
REVOKE ALL ON FUNCTION pgq_ext.get_last_tick(a_consumer text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_ext.get_last_tick(a_consumer text) TO pgq_writer;
REVOKE ALL ON FUNCTION pgq_ext.get_last_tick(a_consumer text, a_subconsumer text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_ext.get_last_tick(a_consumer text, a_subconsumer text) TO pgq_writer;
REVOKE ALL ON FUNCTION pgq_ext.is_batch_done(a_consumer text, a_batch_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_ext.is_batch_done(a_consumer text, a_batch_id bigint) TO pgq_writer;
REVOKE ALL ON FUNCTION pgq_ext.is_batch_done(a_consumer text, a_subconsumer text, a_batch_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_ext.is_batch_done(a_consumer text, a_subconsumer text, a_batch_id bigint) TO pgq_writer;
REVOKE ALL ON FUNCTION pgq_ext.is_event_done(a_consumer text, a_batch_id bigint, a_event_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_ext.is_event_done(a_consumer text, a_batch_id bigint, a_event_id bigint) TO pgq_writer;
REVOKE ALL ON FUNCTION pgq_ext.is_event_done(a_consumer text, a_subconsumer text, a_batch_id bigint, a_event_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_ext.is_event_done(a_consumer text, a_subconsumer text, a_batch_id bigint, a_event_id bigint) TO pgq_writer;
REVOKE ALL ON FUNCTION pgq_ext.set_batch_done(a_consumer text, a_batch_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_ext.set_batch_done(a_consumer text, a_batch_id bigint) TO pgq_writer;
REVOKE ALL ON FUNCTION pgq_ext.set_batch_done(a_consumer text, a_subconsumer text, a_batch_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_ext.set_batch_done(a_consumer text, a_subconsumer text, a_batch_id bigint) TO pgq_writer;
REVOKE ALL ON FUNCTION pgq_ext.set_event_done(a_consumer text, a_batch_id bigint, a_event_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_ext.set_event_done(a_consumer text, a_batch_id bigint, a_event_id bigint) TO pgq_writer;
REVOKE ALL ON FUNCTION pgq_ext.set_event_done(a_consumer text, a_subconsumer text, a_batch_id bigint, a_event_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_ext.set_event_done(a_consumer text, a_subconsumer text, a_batch_id bigint, a_event_id bigint) TO pgq_writer;
REVOKE ALL ON FUNCTION pgq_ext.set_last_tick(a_consumer text, a_tick_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_ext.set_last_tick(a_consumer text, a_tick_id bigint) TO pgq_writer;
REVOKE ALL ON FUNCTION pgq_ext.set_last_tick(a_consumer text, a_subconsumer text, a_tick_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_ext.set_last_tick(a_consumer text, a_subconsumer text, a_tick_id bigint) TO pgq_writer;
REVOKE ALL ON FUNCTION pgq_ext.upgrade_schema() FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_ext.upgrade_schema() TO pgq_admin;
GRANT SELECT ON TABLE pgq.consumer TO PUBLIC;
GRANT SELECT ON TABLE pgq.consumer TO pgq_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE pgq.consumer TO pgq_admin;
GRANT SELECT ON TABLE pgq.event_template TO pgq_reader;
GRANT SELECT,INSERT,TRUNCATE ON TABLE pgq.event_template TO pgq_admin;
GRANT SELECT,INSERT,TRUNCATE ON TABLE pgq.event_1 TO pgq_admin;
GRANT SELECT ON TABLE pgq.event_1 TO pgq_reader;
GRANT SELECT,INSERT,TRUNCATE ON TABLE pgq.event_1_0 TO pgq_admin;
GRANT SELECT ON TABLE pgq.event_1_0 TO pgq_reader;
GRANT SELECT,INSERT,TRUNCATE ON TABLE pgq.event_1_1 TO pgq_admin;
GRANT SELECT ON TABLE pgq.event_1_1 TO pgq_reader;
GRANT SELECT,INSERT,TRUNCATE ON TABLE pgq.event_1_2 TO pgq_admin;
GRANT SELECT ON TABLE pgq.event_1_2 TO pgq_reader;
GRANT SELECT ON SEQUENCE pgq.event_1_id_seq TO PUBLIC;
GRANT USAGE ON SEQUENCE pgq.event_1_id_seq TO pgq_admin;
GRANT SELECT ON SEQUENCE pgq.event_1_tick_seq TO PUBLIC;
GRANT SELECT ON TABLE pgq.queue TO PUBLIC;
GRANT SELECT ON TABLE pgq.queue TO pgq_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE pgq.queue TO pgq_admin;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE pgq.retry_queue TO pgq_admin;
GRANT SELECT ON TABLE pgq.tick TO PUBLIC;
GRANT SELECT ON TABLE pgq.tick TO pgq_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE pgq.tick TO pgq_admin;
GRANT SELECT ON TABLE pgq_gateway.installed TO PUBLIC;
