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
CREATE TYPE pgq_gateway.opened_batch AS (
	batch_id bigint,
	queue_name text,
	consumer_name text,
	start_time timestamp with time zone,
	end_time timestamp with time zone,
	prev_tick_id bigint,
	tick_id bigint,
	lag_seconds double precision,
	seq_start bigint,
	seq_end bigint,
	lease_token uuid,
	next_tick_id bigint,
	next_tick_time timestamp with time zone
);
CREATE FUNCTION pgq._admit_event(i_queue_name text) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
    q pgq.queue%rowtype;
    counter text;
    inserted integer;
begin
    select * into q from pgq.queue where queue_name = i_queue_name;
    if q.queue_disable_insert and pg_catalog.current_setting('session_replication_role') <> 'replica' then
        raise exception 'Insert into queue disallowed' using errcode = 'PQ005';
    end if;
    if q.queue_per_tx_limit >= 0 then
        counter := 'pgq.tx_events_' || q.queue_id;
        inserted := coalesce(nullif(pg_catalog.current_setting(counter, true), ''), '0')::integer;
        if inserted >= q.queue_per_tx_limit then
            raise exception 'Queue ''%'' allows max % events from one TX', i_queue_name, q.queue_per_tx_limit using errcode = 'PQ014';
        end if;
        perform pg_catalog.set_config(counter, (inserted + 1)::text, true);
    end if;
end;
$$;
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
    new_id bigint;
begin
    if not pg_catalog.pg_try_advisory_xact_lock(1885827444, i_queue_id) then
        return null;
    end if;
    own := pg_catalog.txid_current();
    select * into plan from pgq._ticker_plan() where queue_id = i_queue_id;
    if not found then
        return null;
    end if;
    if plan.tick_seq is null then
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
       and coalesce(pg_catalog.pg_sequence_last_value(plan.tick_seq), 0) <> coalesce(plan.last_tick_id, 0) then
        raise warning 'queue % is not ticked: the snapshot of this transaction may be older than its newest tick', plan.queue_name;
        return null;
    end if;

    new_id := pg_catalog.nextval(plan.tick_seq);
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
CREATE FUNCTION pgq._ticker_plan() RETURNS TABLE(queue_id integer, queue_name text, is_ticking boolean, tick_seq regclass, event_seq bigint, last_tick_id bigint, last_snapshot txid_snapshot, last_event_seq bigint, is_due boolean, may_owe boolean)
    LANGUAGE sql STABLE
    AS $$
    select q.queue_id, q.queue_name, not q.queue_external_ticker and not q.queue_ticker_paused,
           case when s.event_seq_id is not null then pg_catalog.to_regclass(q.queue_tick_seq) end,
           s.event_seq, t.tick_id, t.tick_snapshot, t.tick_event_seq,
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
        select id as event_seq_id, coalesce(pg_catalog.pg_sequence_last_value(id), 0) as event_seq
          from pg_catalog.to_regclass(q.queue_event_seq) id) s
      left join lateral (
        select k.tick_id, k.tick_time, k.tick_snapshot, k.tick_event_seq, k.xmin as ticker_xid, pg_catalog.now() - k.tick_time as lag
          from pgq.tick k where k.tick_queue = q.queue_id order by k.tick_id desc limit 1) t on true
      left join lateral (
        select k.tick_id, k.tick_time, k.tick_event_seq
          from pgq.tick k where k.tick_queue = q.queue_id and k.tick_id < t.tick_id order by k.tick_id desc limit 1) p on true
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
    LANGUAGE plpgsql IMMUTABLE
    AS $$
begin
    if i_format = 'json' then
        return (
            select coalesce('''{'' || ' || pg_catalog.string_agg(
                       pg_catalog.quote_literal(pg_catalog.to_json(name)::text || ':') || ' || ' || as_json, ' || '','' || ' order by nr) || ' || ''}''',
                       '''{}''')
              from rows from (pg_catalog.unnest(i_names), pg_catalog.unnest(i_as_jsons)) with ordinality c (name, as_json, nr));
    end if;
    return (
        select coalesce(pg_catalog.string_agg(
                   pg_catalog.format('%L || coalesce(''='' || pgq._urlencode(%s), '''')', pgq._urlencode(name), as_text), ' || ''&'' || ' order by nr),
                   '''''')
          from rows from (pg_catalog.unnest(i_names), pg_catalog.unnest(i_as_texts)) with ordinality c (name, as_text, nr));
end;
$$;
CREATE FUNCTION pgq._trigger_event(i_format text, i_args text[], i_op text, i_when text, i_level text, i_table oid, i_schema text, i_table_name text, i_new record, i_old record) RETURNS boolean
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
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
    LANGUAGE plpgsql IMMUTABLE STRICT
    AS $_$
begin
    if $1 !~ '[^A-Za-z0-9_.-]' collate "C" then
        return $1;
    end if;
    return (
        select pg_catalog.string_agg(
                   case when ch ~ '[A-Za-z0-9_.-]' collate "C" then ch
                        when ch = ' ' then '+'
                        else pg_catalog.regexp_replace(
                            pg_catalog.encode(pg_catalog.convert_to(ch, pg_catalog.getdatabaseencoding()), 'hex'), '(..)', '%\1', 'g')
                   end, '' order by nr)
          from pg_catalog.regexp_split_to_table($1, '') with ordinality c (ch, nr));
end;
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
    AS $_$
#variable_conflict use_column
declare
    txid bigint := txid_current();
    leaf text;
    new_id bigint;
    is_restricted boolean;
begin
    if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
        perform 1 from pgq.queue where queue.queue_name = $1 for key share;
    end if;
    select queue_data_pfx || '_' || queue_cur_table, nextval(queue_event_seq::regclass), queue_disable_insert or queue_per_tx_limit >= 0
      into leaf, new_id, is_restricted
      from pgq.queue where queue.queue_name = $1;
    if not found then
        raise exception '%', case when $1 is null then 'Queue name must not be NULL' else 'No such queue' end
            using errcode = case when $1 is null then 'PQ012' else 'PQ001' end, hint = 'input.queue';
    end if;
    if is_restricted then
        perform pgq._admit_event($1);
    end if;
    execute 'insert into ' || leaf || ' values ($1, $2, $3, null, null, $4, $5, $6, $7, $8, $9)'
      using new_id, now(), txid, $2, $3, $4, $5, $6, $7;
    return new_id;
end;
$_$;
CREATE FUNCTION pgq.insert_event_raw(queue_name text, ev_id bigint, ev_time timestamp with time zone, ev_owner integer, ev_retry integer, ev_type text, ev_data text, ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text) RETURNS bigint
    LANGUAGE plpgsql
    AS $_$
#variable_conflict use_column
declare
    txid bigint := pg_catalog.txid_current();
    leaf text;
    new_id bigint;
    is_restricted boolean;
begin
    if pg_catalog.current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
        perform 1 from pgq.queue where queue.queue_name = $1 for key share;
    end if;
    select queue_data_pfx || '_' || queue_cur_table, pg_catalog.nextval(queue_event_seq::pg_catalog.regclass),
           queue_disable_insert or queue_per_tx_limit >= 0
      into leaf, new_id, is_restricted
      from pgq.queue where queue.queue_name = $1;
    if not found then
        raise exception '%', case when $1 is null then 'Queue name must not be NULL' else 'No such queue' end
            using errcode = case when $1 is null then 'PQ012' else 'PQ001' end, hint = 'input.queue';
    end if;
    if is_restricted then
        perform pgq._admit_event($1);
    end if;
    new_id := coalesce($2, new_id);
    execute 'insert into ' || leaf || ' values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)'
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
    own bigint;
    half_done_step1 bigint;
    q pgq.queue%rowtype;
    slowest record;
    next_table int4;
begin
    -- Before this transaction gets its id: a first step seen here was committed before that.
    select queue_switch_step1 into half_done_step1
      from pgq.queue where queue_name = i_queue_name and queue_switch_step2 is null;
    own := pg_catalog.txid_current();
    select * into q from pgq.queue where queue_name = i_queue_name for update skip locked;
    if not found then
        return 0;
    end if;
    if q.queue_switch_step1 > own then
        raise exception 'queue % maint failure: step1=%, current=%', i_queue_name, q.queue_switch_step1, own using errcode = 'PQ016';
    end if;
    if q.queue_switch_step2 is null then
        if not had_txid and q.queue_switch_step1 = half_done_step1 then
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
    q record;
begin
    -- The rows are read before this transaction gets its id, by the first update.
    for q in
        select queue_id, queue_switch_step1 from pgq.queue where queue_switch_step2 is null order by queue_id
    loop
        if had_txid then
            raise warning 'maint_rotate_tables_step2 must run in a transaction of its own; rotation stays half done until then';
            return 0;
        end if;
        update pgq.queue set queue_switch_step2 = pg_catalog.txid_current()
         where queue_id = q.queue_id and queue_switch_step1 = q.queue_switch_step1 and queue_switch_step2 is null;
    end loop;
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
    for plan in select queue_id from pgq._ticker_plan() where is_ticking and (is_due or may_owe) order by queue_name loop
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
CREATE TABLE pgq.subscription (
    sub_id integer NOT NULL,
    sub_queue integer NOT NULL,
    sub_consumer integer NOT NULL,
    sub_last_tick bigint,
    sub_active timestamp with time zone DEFAULT now() NOT NULL,
    sub_batch bigint,
    sub_next_tick bigint
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='50');
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
        update pgq.subscription set sub_active = clock_timestamp()
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
               set sub_batch = dead.sub_batch, sub_last_tick = dead.sub_last_tick, sub_next_tick = dead.sub_next_tick,
                   sub_active = clock_timestamp()
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
       set sub_last_tick = batch.prev_tick_id, sub_next_tick = batch.cur_tick_id, sub_batch = batch.batch_id,
           sub_active = clock_timestamp()
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
CREATE FUNCTION pgq_gateway.await_inserts() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    holders text[] := array(
        select l.virtualtransaction
          from pg_locks l
          join pg_stat_activity a on a.pid = l.pid
         where l.locktype = 'relation' and l.relation = 'pgq_gateway.event_registry'::regclass
           and l.database = (select d.oid from pg_database d where d.datname = current_database())
           and l.granted and l.pid <> pg_backend_pid() and a.application_name like 'pgq-graphql/%');
begin
    while exists (select from pg_locks l where l.locktype = 'virtualxid' and l.granted
                                           and l.virtualtransaction = any (holders)) loop
        perform pg_sleep(0.002);
    end loop;
end $$;
CREATE FUNCTION pgq_gateway.batch_events(i_batch_id bigint, i_after bigint, i_limit bigint, i_types text[], i_extra1 text, i_extra2 text, i_extra3 text, i_extra4 text) RETURNS TABLE(ev_id bigint, ev_time timestamp with time zone, ev_txid bigint, ev_retry integer, ev_type text, ev_data text, ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    if not exists (select from pgq.subscription s where s.sub_batch = i_batch_id) then
        raise exception 'Batch % is not open: it was finished, or never existed', i_batch_id
            using errcode = 'PQ003', hint = 'batchId';
    end if;
    return query
    select * from pgq_gateway.select_events(pgq.batch_event_sql(i_batch_id), i_after, i_limit, i_types,
                                            i_extra1, i_extra2, i_extra3, i_extra4);
end $$;
CREATE FUNCTION pgq_gateway.check_events(i_batch_id bigint, i_event_ids bigint[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    missing bigint;
begin
    select wanted.ev_id into missing
      from unnest(i_event_ids) wanted (ev_id)
     where not exists (select from pgq.get_batch_events(i_batch_id) e where e.ev_id = wanted.ev_id)
     limit 1;
    if found then
        raise exception 'Event % is not in batch %', missing, i_batch_id using errcode = 'PQ004', hint = 'eventId';
    end if;
end $$;
CREATE FUNCTION pgq_gateway.check_member_name(i_consumer text, i_subconsumer text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    if coalesce(i_subconsumer, '') = '' then
        raise exception 'A subconsumer needs a name' using errcode = 'PQ012', hint = 'subconsumer';
    end if;
    if position('.' in i_subconsumer) > 0 then
        raise exception 'A subconsumer name must not contain a dot, got %', pgq_gateway.shown(i_subconsumer)
            using errcode = 'PQ012', hint = 'subconsumer';
    end if;
end $$;
CREATE FUNCTION pgq_gateway.check_stream(i_queue_id integer, i_consumer_id integer, i_stream_id uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    holder pgq_gateway.stream;
begin
    select * into holder from pgq_gateway.stream t where t.queue_id = i_queue_id and t.consumer_id = i_consumer_id;
    if found and holder.stream_id = i_stream_id then
        return;
    end if;
    if i_stream_id is not null then
        raise exception 'Another worker has taken this consumer over' using errcode = 'PQ009', hint = 'consumer';
    end if;
    if holder.stream_id is not null and pgq_gateway.gateway_is_alive(holder.gateway) then
        raise exception 'A batches subscription is consuming this; end it, or use a cooperative member'
            using errcode = 'PQ009', hint = 'consumer';
    end if;
end $$;
CREATE FUNCTION pgq_gateway.check_tick_transaction() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    if txid_current_if_assigned() is not null
       or current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
        raise exception 'A tick needs a READ COMMITTED transaction of its own' using errcode = 'PQ012';
    end if;
end $$;
CREATE FUNCTION pgq_gateway.claim_stream(i_queue text, i_consumer text, i_subconsumer text, i_stream_id uuid, i_gateway integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    sub record;
    holder pgq_gateway.stream;
begin
    if i_subconsumer is not null then
        perform pgq_gateway.register_subconsumer(i_queue, i_consumer, i_subconsumer);
    end if;
    sub := pgq_gateway.lock_subscription(i_queue, concat_ws('.', i_consumer, i_subconsumer));
    select * into holder from pgq_gateway.stream t where t.queue_id = sub.queue_id and t.consumer_id = sub.consumer_id;
    if found and holder.stream_id <> i_stream_id and pgq_gateway.gateway_is_alive(holder.gateway) then
        return holder.gateway;
    end if;
    insert into pgq_gateway.stream as t (queue_id, consumer_id, stream_id, gateway)
    values (sub.queue_id, sub.consumer_id, i_stream_id, i_gateway)
        on conflict (queue_id, consumer_id) do update
       set stream_id = excluded.stream_id, gateway = excluded.gateway, since = now();
    return null;
end $$;
CREATE FUNCTION pgq_gateway.create_queue(i_queue text, i_ticker_max_count integer, i_ticker_max_lag interval, i_ticker_idle_period interval, i_rotation_period interval, i_external_ticker boolean) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    begin
        if pgq.create_queue(i_queue) = 0 then
            return false;
        end if;
    exception when unique_violation then
        return false;
    end;
    perform pgq_gateway.set_queue_config(i_queue, i_ticker_max_count, i_ticker_max_lag, i_ticker_idle_period,
                                         i_rotation_period, i_external_ticker, null);
    return true;
end $$;
CREATE FUNCTION pgq_gateway.current_ticks(i_queues text[] DEFAULT NULL::text[]) RETURNS TABLE(queue_id integer, queue_name text, tick_id bigint)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select q.queue_id, q.queue_name, t.tick_id
      from pgq.queue q
     cross join lateral (select n.tick_id from pgq.tick n
                          where n.tick_queue = q.queue_id
                          order by n.tick_id desc limit 1) t
     where i_queues is null or q.queue_name = any (i_queues)
$$;
CREATE FUNCTION pgq_gateway.dead_gateways(i_gateways integer[]) RETURNS SETOF integer
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select g from unnest(i_gateways) g where not pgq_gateway.gateway_is_alive(g)
$$;
CREATE FUNCTION pgq_gateway.delete_dead_letters(i_ids bigint[], i_queue text, i_consumer text, i_limit integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    deleted int4;
begin
    delete from pgq_gateway.dead_letter
     where dead_letter_id in (
           select d.dead_letter_id
             from pgq_gateway.dead_letter d
            where (i_ids is null or d.dead_letter_id = any (i_ids))
              and (i_queue is null or d.queue_id = pgq_gateway.queue_id(i_queue))
              and (i_consumer is null or d.consumer_name = i_consumer)
            order by d.dead_letter_id
            limit i_limit);
    get diagnostics deleted = row_count;
    return deleted;
end $$;
CREATE FUNCTION pgq_gateway.drop_queue(i_queue text, i_force boolean) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    dropped_id int4;
begin
    -- The tick lock first, as the ticker takes it: a tick under way holds locks that the drop waits for, and its row
    -- refers to the queue's.
    perform pg_advisory_xact_lock(1885827444, q.queue_id) from pgq.queue q where q.queue_name = i_queue;
    select q.queue_id into dropped_id from pgq.queue q where q.queue_name = i_queue for update;
    if dropped_id is null then
        return false;
    end if;
    if not i_force and exists (select from pgq.subscription s where s.sub_queue = dropped_id) then
        raise exception 'Queue % still has consumers; unregister them, or drop it with force: true', pgq_gateway.shown(i_queue)
            using errcode = 'PQ008', hint = 'force';
    end if;
    -- PgQ forgets the retries of consumers that are gone, and they would stop the drop.
    delete from pgq.retry_queue r where r.ev_queue = dropped_id;
    perform pgq.drop_queue(i_queue, i_force);
    delete from pgq_gateway.lease l where l.queue_id = dropped_id;
    delete from pgq_gateway.stream s where s.queue_id = dropped_id;
    delete from pgq_gateway.dead_letter d where d.queue_id = dropped_id;
    delete from pgq_gateway.event_type_version v where v.queue_id = dropped_id;
    delete from pgq_gateway.event_type t where t.queue_id = dropped_id;
    delete from pgq_gateway.event_registry r where r.queue_id = dropped_id;
    -- Not a tick, but a reason to look: those who wait for this queue find it gone.
    perform pg_notify('pgq_tick', json_build_object('queue', left(i_queue, 1000), 'tick', '0')::text);
    return true;
end $$;
CREATE FUNCTION pgq_gateway.enforced_event_types(i_queue text) RETURNS TABLE(revision bigint, type text, version integer, schema json)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select r.revision, t.type, t.version, v.schema
      from pgq.queue q
      join pgq_gateway.event_registry r on r.queue_id = q.queue_id
      left join pgq_gateway.event_type t on t.queue_id = q.queue_id and t.enforced
      left join pgq_gateway.event_type_version v on v.queue_id = t.queue_id and v.type = t.type and v.version = t.version
     where q.queue_name = i_queue
$$;
CREATE FUNCTION pgq_gateway.event_pages(i_batch_id bigint, i_queue_id integer, i_from_tick bigint, i_to_tick bigint, i_size integer) RETURNS TABLE(last_id bigint, table_number integer, first_tid tid, last_tid tid)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
    bounds record := pgq_gateway.event_range(i_batch_id, i_queue_id, i_from_tick, i_to_tick);
begin
    return query execute format(
        'select max(max(ev_id)) over (partition by page), table_number, min(tid), max(tid)'
        -- Events that share an id, as a retry and its original do, have one rank and go into one page.
        '  from (select ev_id, table_number, tid, (rank() over (order by ev_id) - 1) / $1 as page from (%s) e) e'
        ' group by page, table_number'
        ' order by page, table_number',
        pgq_gateway.event_sql(bounds.queue_id, bounds.from_snapshot, bounds.to_snapshot, bounds.sub_id))
      using i_size;
    -- Rotation empties tables under whoever reads them.
    perform pgq_gateway.event_range(i_batch_id, i_queue_id, i_from_tick, i_to_tick);
end $_$;
CREATE FUNCTION pgq_gateway.event_range(i_batch_id bigint, i_queue_id integer, i_from_tick bigint, i_to_tick bigint, OUT queue_id integer, OUT from_snapshot txid_snapshot, OUT to_snapshot txid_snapshot, OUT sub_id integer) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    from_tick bigint := i_from_tick;
    to_tick bigint := i_to_tick;
begin
    queue_id := i_queue_id;
    if i_batch_id is not null then
        select s.sub_queue, s.sub_last_tick, s.sub_next_tick, s.sub_id into queue_id, from_tick, to_tick, sub_id
          from pgq.subscription s where s.sub_batch = i_batch_id;
        if not found then
            raise exception 'Batch % is not open: it was finished, or never existed', i_batch_id
                using errcode = 'PQ003', hint = 'batchId';
        end if;
    end if;
    select t.tick_snapshot into from_snapshot from pgq.tick t where t.tick_queue = event_range.queue_id and t.tick_id = from_tick;
    select t.tick_snapshot into to_snapshot from pgq.tick t where t.tick_queue = event_range.queue_id and t.tick_id = to_tick;
    if from_snapshot is null or to_snapshot is null then
        raise exception 'The log no longer holds the events between ticks % and %', from_tick, to_tick
            using errcode = 'PQ013', hint = 'after';
    end if;
end $$;
CREATE FUNCTION pgq_gateway.event_sql(i_queue_id integer, i_from txid_snapshot, i_to txid_snapshot, i_sub_id integer DEFAULT NULL::integer) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    q pgq.queue;
    range_start bigint := txid_snapshot_xmax(i_from);
    singles bigint[] := '{}';
    xid bigint;
    condition text;
begin
    for xid in select x from txid_snapshot_xip(i_from) x order by x desc loop
        if xid >= range_start - 100 then
            range_start := xid;
        elsif txid_visible_in_snapshot(xid, i_to) then
            singles := singles || xid;
        end if;
    end loop;
    select * into q from pgq.queue where queue_id = i_queue_id;
    return (
        select string_agg(format(
                   'select ev_id, ev_time, ev_txid, ev_retry, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4,'
                   ' %s as table_number, ctid as tid from %s where %s and %s',
                   table_number, q.queue_data_pfx || '_' || table_number,
                   case when i_sub_id is null then 'ev_owner is null'
                        else format('(ev_owner is null or ev_owner = %s)', i_sub_id) end,
                   matches.condition), ' union all ')
          from (values (q.queue_cur_table),
                       ((q.queue_cur_table + q.queue_ntables - 1) % q.queue_ntables)) tables (table_number)
         cross join lateral (
               select format('ev_txid >= %s and ev_txid < %s and txid_visible_in_snapshot(ev_txid, %L)'
                             ' and not txid_visible_in_snapshot(ev_txid, %L)',
                             range_start, txid_snapshot_xmax(i_to), i_to, i_from) as condition
               union all
               select format('ev_txid = any (%L::bigint[])', singles) where singles <> '{}') matches);
end $$;
CREATE FUNCTION pgq_gateway.event_type_key(i_queue text, i_type text) RETURNS bytea
    LANGUAGE sql STABLE STRICT
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select sha256(convert_to(octet_length(i_queue) || ':' || i_queue || i_type, getdatabaseencoding()))
$$;
CREATE FUNCTION pgq_gateway.events_ahead(i_batch_id bigint, i_to_tick bigint, i_limit bigint, i_types text[], i_extra1 text, i_extra2 text, i_extra3 text, i_extra4 text) RETURNS TABLE(ev_id bigint, ev_time timestamp with time zone, ev_txid bigint, ev_retry integer, ev_type text, ev_data text, ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    batch record := pgq_gateway.event_range(i_batch_id, null, null, null);
    bounds record;
begin
    select range.* into bounds
      from pgq.subscription s
     cross join pgq_gateway.event_range(null, s.sub_queue, s.sub_next_tick, i_to_tick) range
     where s.sub_batch = i_batch_id;
    return query
    select * from pgq_gateway.select_events(
        pgq_gateway.event_sql(bounds.queue_id, bounds.from_snapshot, bounds.to_snapshot, batch.sub_id),
        null, i_limit, i_types, i_extra1, i_extra2, i_extra3, i_extra4);
end $$;
CREATE FUNCTION pgq_gateway.events_within(i_batch_id bigint, i_queue_id integer, i_from_tick bigint, i_to_tick bigint, i_table_numbers integer[], i_first_tids tid[], i_last_tids tid[], i_last_id bigint, i_after bigint, i_limit bigint, i_types text[], i_extra1 text, i_extra2 text, i_extra3 text, i_extra4 text) RETURNS TABLE(ev_id bigint, ev_time timestamp with time zone, ev_txid bigint, ev_retry integer, ev_type text, ev_data text, ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    bounds record := pgq_gateway.event_range(i_batch_id, i_queue_id, i_from_tick, i_to_tick);
    places text;
begin
    select string_agg(format('(table_number = %s and tid between %L and %L %s)', p.table_number, p.first_tid, p.last_tid,
                             -- PostgreSQL 13 has no scan of a range of tids, but one of tids that are given: all that may be.
                             case when current_setting('server_version_num')::int4 < 140000 then
                                 format('and tid = any (array(select format(''(%%s,%%s)'', block, line)::tid'
                                        '  from generate_series(%s, %s) block, generate_series(1, %s) line))',
                                        (p.first_tid::text::point)[0], (p.last_tid::text::point)[0],
                                        current_setting('block_size')::int4 / 28)
                             end), ' or ')
      into places
      from unnest(i_table_numbers, i_first_tids, i_last_tids) p (table_number, first_tid, last_tid);
    return query
    select * from pgq_gateway.select_events(
        format('select * from (%s) e where ev_id <= %s and (%s)',
               pgq_gateway.event_sql(bounds.queue_id, bounds.from_snapshot, bounds.to_snapshot, bounds.sub_id),
               i_last_id, coalesce(places, 'false')),
        i_after, i_limit, i_types, i_extra1, i_extra2, i_extra3, i_extra4);
    perform pgq_gateway.event_range(i_batch_id, i_queue_id, i_from_tick, i_to_tick);
end $$;
CREATE FUNCTION pgq_gateway.fail_events(i_batch_id bigint, i_token uuid, i_event_ids bigint[], i_reasons text[]) RETURNS bigint[]
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    held record;
    letters bigint[];
begin
    if cardinality(i_event_ids) = 0 then
        return '{}';
    end if;
    held := pgq_gateway.hold_open_batch(i_batch_id, i_token);
    perform pgq_gateway.check_events(i_batch_id, i_event_ids);
    with written as (
        insert into pgq_gateway.dead_letter as d (queue_id, consumer_name, reason, ev_id, ev_time, ev_txid, ev_retry,
                                                  ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4)
        select distinct on (e.ev_id) held.queue_id, held.group_name, wanted.reason, e.ev_id, e.ev_time, e.ev_txid, e.ev_retry,
               e.ev_type, e.ev_data, e.ev_extra1, e.ev_extra2, e.ev_extra3, e.ev_extra4
          from pgq.get_batch_events(i_batch_id) e
          join unnest(i_event_ids, i_reasons) wanted (ev_id, reason) using (ev_id)
         order by e.ev_id, e.ev_retry desc nulls last
            on conflict (queue_id, consumer_name, ev_id) do update
           set reason = excluded.reason, failed_at = now(), ev_txid = excluded.ev_txid, ev_retry = excluded.ev_retry
        returning d.dead_letter_id)
    select array_agg(dead_letter_id) into letters from written;
    return letters;
end $$;
CREATE FUNCTION pgq_gateway.finish_and_publish(i_batch_id bigint, i_token uuid, i_gateway integer, i_retry_ids bigint[], i_retry_after_seconds double precision[], i_failure_ids bigint[], i_failure_reasons text[], i_queues text[], i_types text[], i_data text[], i_extra1 text[], i_extra2 text[], i_extra3 text[], i_extra4 text[], i_revisions bigint[] DEFAULT NULL::bigint[]) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    target record;
begin
    if not pgq_gateway.finish_batch(i_batch_id, i_token, i_gateway, i_retry_ids, i_retry_after_seconds,
                                    i_failure_ids, i_failure_reasons) then
        return false;
    end if;
    for target in
        select queue,
               array_agg(type order by n) as types, array_agg(data order by n) as data,
               array_agg(extra1 order by n) as extra1, array_agg(extra2 order by n) as extra2,
               array_agg(extra3 order by n) as extra3, array_agg(extra4 order by n) as extra4,
               max(revision) as revision
          from unnest(i_queues, i_types, i_data, i_extra1, i_extra2, i_extra3, i_extra4, i_revisions)
               with ordinality e (queue, type, data, extra1, extra2, extra3, extra4, revision, n)
         group by queue
         order by queue
    loop
        perform pgq_gateway.insert_events(target.queue, target.types, target.data,
                                          target.extra1, target.extra2, target.extra3, target.extra4, target.revision);
    end loop;
    return true;
end $$;
CREATE FUNCTION pgq_gateway.finish_batch(i_batch_id bigint, i_token uuid, i_gateway integer, i_retry_ids bigint[], i_retry_after_seconds double precision[], i_failure_ids bigint[], i_failure_reasons text[]) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    held record;
    twice bigint;
begin
    held := pgq_gateway.hold_batch(i_batch_id, i_token);
    if not held.found_batch then
        return false;
    end if;
    select ev_id into twice from unnest(i_retry_ids || i_failure_ids) named (ev_id) group by ev_id having count(*) > 1 limit 1;
    if found then
        raise exception 'Event % is named twice; an event is either retried or failed, once', twice
            using errcode = 'PQ012', hint = 'retries';
    end if;
    perform pgq_gateway.retry_events(i_batch_id, i_token, i_retry_ids, i_retry_after_seconds);
    perform pgq_gateway.fail_events(i_batch_id, i_token, i_failure_ids, i_failure_reasons);
    if held.is_member then
        perform pgq_coop.finish_batch(i_batch_id);
    else
        perform pgq.finish_batch(i_batch_id);
    end if;
    update pgq_gateway.lease l
       set token = null
     where l.queue_id = held.queue_id and l.consumer_id = held.consumer_id and l.batch_id = i_batch_id;
    if i_token is not null then
        insert into pgq_gateway.settled_lease as s (slot, token)
        values (pgq_gateway.lease_slot(i_token), i_token)
            on conflict (slot) do update set token = excluded.token;
    end if;
    if held.gateway <> i_gateway then
        perform pg_notify('pgq_gateway', json_build_object('kind', 'settled', 'batch', i_batch_id::text)::text);
    end if;
    return true;
end $$;
CREATE FUNCTION pgq_gateway.gateway_is_alive(i_gateway integer) RETURNS boolean
    LANGUAGE sql STRICT PARALLEL RESTRICTED
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select not pg_try_advisory_xact_lock(1885827431, i_gateway)
$$;
CREATE FUNCTION pgq_gateway.has_unticked_events(i_queue_id integer) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
    ticked txid_snapshot;
    current txid_snapshot := txid_current_snapshot();
    ended bigint[];
    open bigint[];
    event_table text;
    answer bool;
begin
    select t.tick_snapshot into ticked
      from pgq.tick t
     where t.tick_queue = i_queue_id
     order by t.tick_id desc
     limit 1;
    if not found then
        return true;
    end if;
    select pgq.quote_fqname(q.queue_data_pfx) into event_table from pgq.queue q where q.queue_id = i_queue_id;
    if not found then
        return false;
    end if;
    ended := array(select x from txid_snapshot_xip(ticked) x where txid_visible_in_snapshot(x, current));
    open := array(select x from txid_snapshot_xip(current) x where x >= txid_snapshot_xmax(ticked) order by x);
    execute format(
        'select exists (select from unnest($1, $2) gap (first, beyond)
                         cross join lateral (select from %1$s where ev_txid >= first and ev_txid < beyond limit 1) e)
             or exists (select from %1$s where ev_txid = any ($3))', event_table)
       into answer
      using txid_snapshot_xmax(ticked) || array(select x + 1 from unnest(open) x),
            open || txid_snapshot_xmax(current),
            ended;
    return answer;
end $_$;
CREATE FUNCTION pgq_gateway.held_leases(i_tokens uuid[]) RETURNS TABLE(token uuid, silent_seconds double precision)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select l.token, extract(epoch from now() - coalesce(l.touched_at, l.opened_at))::float8
      from pgq_gateway.lease l
      join pgq.subscription s
        on s.sub_queue = l.queue_id and s.sub_consumer = l.consumer_id and s.sub_batch = l.batch_id
     where l.token = any (i_tokens)
$$;
CREATE FUNCTION pgq_gateway.hold_batch(i_batch_id bigint, i_token uuid, OUT found_batch boolean, OUT queue_id integer, OUT queue_name text, OUT consumer_id integer, OUT sub_id integer, OUT group_name text, OUT is_member boolean, OUT gateway integer) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    held record;
    lease pgq_gateway.lease;
begin
    -- This project's takeover passes over a member that settles at this moment; upstream's would bring its batch back to
    -- life, and is kept off by the lock of its main row. Members then settle one after another.
    if to_regprocedure('pgq_coop._lock_group(text, text)') is null then
        perform 1
           from pgq_gateway.consumer_info c
           join pgq.consumer n on n.co_name = c.main_name
           join pgq.subscription s on s.sub_queue = c.queue_id and s.sub_consumer = n.co_id
          where c.current_batch = i_batch_id
            for update of s;
    end if;
    loop
        perform 1 from pgq.subscription s where s.sub_batch = i_batch_id for update;
        found_batch := found;
        -- Taken over while this waited: it is another row's now.
        exit when found_batch or not exists (select from pgq.subscription s where s.sub_batch = i_batch_id);
    end loop;
    -- Read again under the lock: the batch may have been settled or taken over in between.
    select c.* into held from pgq_gateway.consumer_info c where c.current_batch = i_batch_id;
    select l.* into lease
      from pgq_gateway.lease l
     where l.queue_id = held.queue_id and l.consumer_id = held.consumer_id and l.batch_id = i_batch_id;
    if found_batch and lease.token is not distinct from i_token then
        queue_id := held.queue_id;
        queue_name := held.queue_name;
        consumer_id := held.consumer_id;
        sub_id := held.sub_id;
        group_name := coalesce(held.main_name, held.consumer_name);
        is_member := held.main_name is not null;
        gateway := lease.gateway;
        return;
    end if;
    if found_batch and i_token is null then
        raise exception 'Batch % is held under a lease; pass its leaseToken', i_batch_id
            using errcode = 'PQ011', hint = 'leaseToken';
    end if;
    if i_token is not null
       and (found_batch or not exists (select from pgq_gateway.settled_lease s
                                        where s.slot = pgq_gateway.lease_slot(i_token) and s.token = i_token)) then
        raise exception 'This lease on batch % has ended: another worker opened the batch after it, or settled it', i_batch_id
            using errcode = 'PQ011', hint = 'leaseToken';
    end if;
    found_batch := false;
end $$;
CREATE FUNCTION pgq_gateway.hold_open_batch(i_batch_id bigint, i_token uuid) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    held record;
begin
    held := pgq_gateway.hold_batch(i_batch_id, i_token);
    if not held.found_batch then
        raise exception 'Batch % is not open: it was finished, or never existed', i_batch_id
            using errcode = 'PQ003', hint = 'batchId';
    end if;
    return held;
end $$;
CREATE FUNCTION pgq_gateway.insert_events(i_queue text, i_types text[], i_data text[], i_extra1 text[] DEFAULT NULL::text[], i_extra2 text[] DEFAULT NULL::text[], i_extra3 text[] DEFAULT NULL::text[], i_extra4 text[] DEFAULT NULL::text[], i_revision bigint DEFAULT NULL::bigint) RETURNS bigint[]
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
    -- The transaction id comes before the look at the queue row: a rotation that completes in between would
    -- otherwise send consumers past the table that is written to here.
    txid bigint := txid_current();
    q record;
    ids bigint[];
begin
    if current_setting('transaction_isolation') = 'read committed' then
        -- The revision in the statement that sends the events on their way: a change of the types which is committed
        -- before is seen, and a later one waits for this transaction (await_inserts).
        select qu.*, coalesce(r.revision, 0) as revision into q
          from pgq.queue qu
          left join pgq_gateway.event_registry r on r.queue_id = qu.queue_id
         where qu.queue_name = i_queue;
    else
        -- An old snapshot may show a queue row from before a rotation; the lock turns that into a 40001.
        select qu.*, coalesce(r.revision, 0) as revision into q
          from pgq.queue qu
          left join pgq_gateway.event_registry r on r.queue_id = qu.queue_id
         where qu.queue_name = i_queue for key share of qu;
    end if;
    if q is null then
        perform pgq_gateway.queue_id(i_queue);
    end if;
    if q.queue_disable_insert and current_setting('session_replication_role') <> 'replica' then
        raise exception 'Queue % takes no events now: inserts are disabled', pgq_gateway.shown(i_queue)
            using errcode = 'PQ005', hint = 'queue';
    end if;
    if i_revision <> q.revision then
        raise exception 'The event types of queue % have changed', pgq_gateway.shown(i_queue) using errcode = 'PQ017';
    end if;
    if q.queue_per_tx_limit >= 0 then
        -- PgQ counts these per transaction itself, an event at a time.
        return array(
            select pgq.insert_event(i_queue, i_types[n], i_data[n], i_extra1[n], i_extra2[n], i_extra3[n], i_extra4[n])
              from generate_series(1, cardinality(i_types)) n order by n);
    end if;
    -- One pass: the arrays are unnested side by side, null ones to nulls, and the rows come back in the order they went in.
    -- In a select of their own: beside unnest, nextval is evaluated once more than there are rows.
    execute format(
        'with inserted as ('
        '    insert into %s (ev_id, ev_time, ev_txid, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4)'
        '    select nextval(%L), now(), $1, given.*'
        '      from (select unnest($2), unnest($3), unnest($4), unnest($5), unnest($6), unnest($7)) given'
        '    returning ev_id)'
        ' select array_agg(ev_id) from inserted',
        q.queue_data_pfx || '_' || q.queue_cur_table, q.queue_event_seq)
       into ids
      using txid, i_types, i_data, i_extra1, i_extra2, i_extra3, i_extra4;
    return coalesce(ids, '{}');
end $_$;
CREATE FUNCTION pgq_gateway.lease_slot(i_token uuid) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select ('x' || left(i_token::text, 4))::bit(16)::int4
$$;
CREATE FUNCTION pgq_gateway.lock_event_types(i_queue text) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    locked_id int4;
begin
    perform pgq_gateway.lock_queue(i_queue);
    locked_id := pgq_gateway.queue_id(i_queue);
    insert into pgq_gateway.event_registry (queue_id, revision)
    values (locked_id, nextval('pgq_gateway.event_registry_revision'))
        on conflict (queue_id) do update set revision = excluded.revision;
    return locked_id;
end $$;
CREATE FUNCTION pgq_gateway.lock_queue(i_queue text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform 1 from pgq.queue q where q.queue_name = i_queue for key share;
    if not found then
        perform 1 from pgq.queue q where q.queue_name = i_queue for key share;
    end if;
    if not found then
        perform pgq_gateway.queue_id(i_queue);
    end if;
end $$;
CREATE FUNCTION pgq_gateway.lock_subscription(i_queue text, i_consumer text, OUT queue_id integer, OUT consumer_id integer, OUT main_name text) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    queue_id := pgq_gateway.queue_id(i_queue);
    select s.sub_consumer into consumer_id
      from pgq.subscription s join pgq.consumer c on c.co_id = s.sub_consumer
     where s.sub_queue = lock_subscription.queue_id and c.co_name = i_consumer
       for update of s;
    if not found then
        raise exception 'Consumer % is not registered on queue %; use registerConsumer',
                pgq_gateway.shown(i_consumer), pgq_gateway.shown(i_queue)
            using errcode = 'PQ002', hint = 'consumer';
    end if;
    select c.main_name into main_name
      from pgq_gateway.consumer_info c
     where c.queue_id = lock_subscription.queue_id and c.consumer_id = lock_subscription.consumer_id;
end $$;
CREATE FUNCTION pgq_gateway.maint_retry_events(i_limit integer DEFAULT 100) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    ev record;
    -- From queue id to how many of its events were moved, for the limit that some queues have per transaction.
    moved_of jsonb := '{}';
    moved int4 := 0;
begin
    lock table pgq.retry_queue in share update exclusive mode;
    for ev in
        select r.*, q.queue_name, q.queue_per_tx_limit as tx_limit
          from pgq.retry_queue r
          join pgq.queue q on q.queue_id = r.ev_queue
         where r.ev_retry_after <= now() and not q.queue_disable_insert
         order by r.ev_retry_after
    loop
        exit when moved >= i_limit;
        continue when ev.tx_limit >= 0 and coalesce((moved_of ->> ev.ev_queue::text)::int4, 0) >= ev.tx_limit;
        perform pgq.insert_event_raw(ev.queue_name, ev.ev_id, ev.ev_time, ev.ev_owner, ev.ev_retry, ev.ev_type, ev.ev_data,
                                     ev.ev_extra1, ev.ev_extra2, ev.ev_extra3, ev.ev_extra4);
        delete from pgq.retry_queue w where w.ev_owner = ev.ev_owner and w.ev_id = ev.ev_id;
        moved := moved + 1;
        if ev.tx_limit >= 0 then
            moved_of := moved_of || jsonb_build_object(ev.ev_queue, coalesce((moved_of ->> ev.ev_queue::text)::int4, 0) + 1);
        end if;
    end loop;
    return moved;
end $$;
CREATE FUNCTION pgq_gateway.next_after_finish(i_finished boolean, i_queue text, i_consumer text, i_min_lag interval, i_min_count integer, i_min_interval interval, i_stream_id uuid, i_gateway integer) RETURNS pgq_gateway.opened_batch
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    if i_finished then
        return pgq_gateway.next_batch(i_queue, i_consumer, i_min_lag, i_min_count, i_min_interval, i_stream_id, i_gateway);
    end if;
    return null;
exception when others then
    return null;
end $$;
CREATE FUNCTION pgq_gateway.next_batch(i_queue text, i_consumer text, i_min_lag interval, i_min_count integer, i_min_interval interval, i_stream_id uuid, i_gateway integer) RETURNS pgq_gateway.opened_batch
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    sub record;
    opened_id bigint;
begin
    sub := pgq_gateway.lock_subscription(i_queue, i_consumer);
    if sub.main_name is not null
       or exists (select from pgq_gateway.consumer_info m
                   where m.queue_id = sub.queue_id and m.main_name = i_consumer) then
        raise exception 'Consumer % is cooperative; open its batches with nextCoopBatch', pgq_gateway.shown(i_consumer)
            using errcode = 'PQ012', hint = 'consumer';
    end if;
    perform pgq_gateway.check_stream(sub.queue_id, sub.consumer_id, i_stream_id);
    select n.batch_id into opened_id
      from pgq.next_batch_custom(i_queue, i_consumer, i_min_lag, i_min_count, i_min_interval) n;
    if opened_id is null then
        return null;
    end if;
    return pgq_gateway.open_lease(sub.queue_id, sub.consumer_id, opened_id, i_gateway);
end $$;
CREATE FUNCTION pgq_gateway.next_coop_batch(i_queue text, i_consumer text, i_subconsumer text, i_min_lag interval, i_min_count integer, i_min_interval interval, i_dead_interval interval, i_stream_id uuid, i_gateway integer) RETURNS pgq_gateway.opened_batch
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    ids record;
    main_batch bigint;
    opened_id bigint;
begin
    -- Before the rows of the group, as drop_queue has it.
    perform pgq_gateway.lock_queue(i_queue);
    -- Registering is one at a time for a consumer, and a member that is there need not wait for others.
    for attempt in 1..2 loop
        select m.sub_queue as queue_id, m.sub_consumer as main, s.sub_consumer as member into ids
          from pgq.queue q
          join pgq.consumer main_name on main_name.co_name = i_consumer
          join pgq.consumer member_name on member_name.co_name = i_consumer || '.' || i_subconsumer
          join pgq.subscription m on m.sub_queue = q.queue_id and m.sub_consumer = main_name.co_id
          join pgq.subscription s on s.sub_queue = q.queue_id and s.sub_consumer = member_name.co_id and s.sub_id = m.sub_id
         where q.queue_name = i_queue;
        exit when found;
        perform pgq_gateway.register_subconsumer(i_queue, i_consumer, i_subconsumer);
    end loop;
    select s.sub_batch into main_batch
      from pgq.subscription s where s.sub_queue = ids.queue_id and s.sub_consumer = ids.main for update;
    if found then
        perform 1 from pgq.subscription s where s.sub_queue = ids.queue_id and s.sub_consumer = ids.member for update;
    end if;
    if not found then
        raise exception 'Consumer % is not registered on queue %; use registerConsumer',
                pgq_gateway.shown(i_consumer || '.' || i_subconsumer), pgq_gateway.shown(i_queue)
            using errcode = 'PQ002', hint = 'consumer';
    end if;
    if main_batch is not null then
        raise exception 'Consumer % has a batch open outside its group; finish that first', pgq_gateway.shown(i_consumer)
            using errcode = 'PQ010', hint = 'consumer';
    end if;
    perform pgq_gateway.check_stream(ids.queue_id, ids.member, i_stream_id);
    opened_id := pgq_coop.next_batch_custom(i_queue, i_consumer, i_subconsumer, i_min_lag, i_min_count, i_min_interval,
                                            i_dead_interval);
    if opened_id is null then
        return null;
    end if;
    return pgq_gateway.open_lease(ids.queue_id, ids.member, opened_id, i_gateway);
end $$;
CREATE FUNCTION pgq_gateway.next_coop_batches(i_queue text, i_consumer text, i_subconsumers text[], i_min_lag interval, i_min_count integer, i_min_interval interval, i_dead_interval interval, i_stream_ids uuid[], i_gateway integer) RETURNS TABLE(place integer, opened pgq_gateway.opened_batch)
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    for n in 1..cardinality(i_subconsumers) loop
        opened := pgq_gateway.next_coop_batch(i_queue, i_consumer, i_subconsumers[n], i_min_lag, i_min_count, i_min_interval,
                                              i_dead_interval, i_stream_ids[n], i_gateway);
        if opened.batch_id is not null then
            place := n;
            return next;
        end if;
    end loop;
end $$;
CREATE FUNCTION pgq_gateway.next_retry_ms() RETURNS double precision
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select 1000 * extract(epoch from r.ev_retry_after - clock_timestamp())::float8
      from pgq.retry_queue r
     where r.ev_queue <> all (array(select q.queue_id from pgq.queue q
                                     where q.queue_disable_insert or q.queue_per_tx_limit = 0))
     order by r.ev_retry_after
     limit 1
$$;
CREATE FUNCTION pgq_gateway.notify_tick() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    queue text;
    payload text;
begin
    select q.queue_name into queue from pgq.queue q where q.queue_id = new.tick_queue;
    payload := json_build_object('queue', queue, 'tick', new.tick_id::text);
    if octet_length(payload) > 7900 then
        payload := json_build_object('queue', null, 'tick', new.tick_id::text);
    end if;
    perform pg_notify('pgq_tick', payload);
    return null;
end $$;
CREATE FUNCTION pgq_gateway.open_lease(i_queue_id integer, i_consumer_id integer, i_batch_id bigint, i_gateway integer) RETURNS pgq_gateway.opened_batch
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    new_token uuid := gen_random_uuid();
    opened pgq_gateway.opened_batch;
begin
    -- Its age counts from here: the transaction may have waited for a lock since it began.
    insert into pgq_gateway.lease as l (queue_id, consumer_id, batch_id, token, gateway, opened_at)
    values (i_queue_id, i_consumer_id, i_batch_id, new_token, i_gateway, clock_timestamp())
        on conflict (queue_id, consumer_id) do update
       set batch_id = excluded.batch_id, token = excluded.token, gateway = excluded.gateway,
           opened_at = excluded.opened_at, touched_at = null;
    select b.batch_id, b.queue_name, b.consumer_name, b.start_time, b.end_time, b.prev_tick_id, b.tick_id,
           b.lag_seconds, b.seq_start, b.seq_end, new_token, n.tick_id, n.tick_time
      into opened
      from pgq_gateway.batch_info b
      left join lateral (select t.tick_id, t.tick_time from pgq.tick t
                          where t.tick_queue = i_queue_id and t.tick_id > b.tick_id
                          order by t.tick_id limit 1) n on true
     where b.batch_id = i_batch_id;
    return opened;
end $$;
CREATE FUNCTION pgq_gateway.queue_activity(INOUT snapshot text, i_queue_ids integer[] DEFAULT NULL::integer[], OUT queues text, OUT scan_ms double precision) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    seen text := snapshot;
begin
    -- Before the queues are read: what ends in between shows in the next call.
    snapshot := txid_current_snapshot();
    scan_ms := 0;
    if snapshot is distinct from seen then
        select coalesce(string_agg(q.queue_id || ' ' || coalesce(pg_sequence_last_value(q.queue_event_seq::regclass), 0)
                                   || ' ' || q.xmin, ',' order by q.queue_id), '')
          into queues
          from pgq.queue q
         where i_queue_ids is null or q.queue_id = any (i_queue_ids);
        scan_ms := 1000 * extract(epoch from clock_timestamp() - statement_timestamp());
    end if;
end $$;
CREATE FUNCTION pgq_gateway.queue_id(i_queue text) RETURNS integer
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    found_id int4;
begin
    select q.queue_id into found_id from pgq.queue q where q.queue_name = i_queue;
    if found_id is null then
        raise exception 'Queue % does not exist; create it with createQueue', pgq_gateway.shown(i_queue)
            using errcode = 'PQ001', hint = 'queue';
    end if;
    return found_id;
end $$;
CREATE FUNCTION pgq_gateway.register_consumer(i_queue text, i_consumer text, i_at_tick bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    at_queue int4;
begin
    perform pgq_gateway.lock_queue(i_queue);
    at_queue := pgq_gateway.queue_id(i_queue);
    if i_at_tick is not null
       and not exists (select from pgq.tick t where t.tick_queue = at_queue and t.tick_id = i_at_tick) then
        raise exception 'Queue % has no tick %; Queue.ticks lists those still in the log', pgq_gateway.shown(i_queue), i_at_tick
            using errcode = 'PQ012', hint = 'atTick';
    end if;
    -- The advisory lock makes two first registrations of one name queue up; PgQ would fail one of them.
    perform pg_advisory_xact_lock(hashtextextended('pgq_gateway consumer ' || i_consumer, 0));
    return pgq.register_consumer_at(i_queue, i_consumer, i_at_tick) = 1;
end $$;
CREATE FUNCTION pgq_gateway.register_event_type(i_queue text, i_type text, i_base integer, i_schema json, i_breaking boolean, i_enforce boolean) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    locked_id int4 := pgq_gateway.lock_event_types(i_queue);
    newest int4;
begin
    select t.version into newest from pgq_gateway.event_type t where t.queue_id = locked_id and t.type = i_type;
    if coalesce(newest, 0) <> i_base or i_base = 0 and i_schema is null then
        raise exception 'Event type % was changed meanwhile', pgq_gateway.shown(i_type) using errcode = 'PQ017';
    end if;
    if newest is null and (select count(*) from pgq_gateway.event_type t where t.queue_id = locked_id) >= 1000 then
        raise exception 'Queue % has 1000 event types, and can have no more; remove some', pgq_gateway.shown(i_queue)
            using errcode = 'PQ014', hint = 'type';
    end if;
    newest := i_base;
    if i_schema is not null then
        insert into pgq_gateway.event_type_counter as c (key, version)
        values (pgq_gateway.event_type_key(i_queue, i_type), i_base + 1)
            on conflict (key) do update set version = greatest(c.version, i_base) + 1
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
CREATE FUNCTION pgq_gateway.register_subconsumer(i_queue text, i_consumer text, i_subconsumer text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform pgq_gateway.lock_queue(i_queue);
    perform pgq_gateway.check_member_name(i_consumer, i_subconsumer);
    perform pg_advisory_xact_lock(hashtextextended('pgq_gateway consumer ' || i_consumer, 0));
    return pgq_coop.register_subconsumer(i_queue, i_consumer, i_subconsumer) = 1;
end $$;
CREATE FUNCTION pgq_gateway.release_orphans(i_gateway integer, i_stream_ids uuid[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select pgq_gateway.release_streams(array(
        select t.stream_id from pgq_gateway.stream t
         where t.gateway = i_gateway and t.stream_id <> all (i_stream_ids) and t.since < now() - interval '5 s'))
$$;
CREATE FUNCTION pgq_gateway.release_streams(i_stream_ids uuid[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    notice text;
begin
    for notice in
        with gone as (delete from pgq_gateway.stream t where t.stream_id = any (i_stream_ids)
                      returning t.queue_id, t.consumer_id)
        select json_build_object('kind', 'released', 'queue', q.queue_name, 'consumer', c.co_name)
          from gone
          join pgq.queue q on q.queue_id = gone.queue_id
          join pgq.consumer c on c.co_id = gone.consumer_id
    loop
        -- The limit of a payload; without names it is meant for everybody.
        perform pg_notify('pgq_gateway',
                          case when octet_length(notice) < 8000 then notice else '{"kind":"released","queue":null}' end);
    end loop;
end $$;
CREATE FUNCTION pgq_gateway.remove_event_type(i_queue text, i_type text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    locked_id int4;
begin
    if not exists (select from pgq_gateway.event_type t
                    where t.queue_id = pgq_gateway.queue_id(i_queue) and t.type = i_type) then
        return false;
    end if;
    locked_id := pgq_gateway.lock_event_types(i_queue);
    delete from pgq_gateway.event_type_version v where v.queue_id = locked_id and v.type = i_type;
    delete from pgq_gateway.event_type t where t.queue_id = locked_id and t.type = i_type;
    return found;
end $$;
CREATE FUNCTION pgq_gateway.requeue_dead_letters(i_ids bigint[], i_queue text, i_consumer text, i_limit integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    letter record;
    moved int4 := 0;
begin
    for letter in
        select d.*, q.queue_name, s.sub_id
          from pgq_gateway.dead_letter d
          join pgq.queue q on q.queue_id = d.queue_id
          left join pgq.consumer c on c.co_name = d.consumer_name
          left join pgq.subscription s on s.sub_queue = d.queue_id and s.sub_consumer = c.co_id
         where (i_ids is null or d.dead_letter_id = any (i_ids))
           and (i_queue is null or d.queue_id = pgq_gateway.queue_id(i_queue))
           and (i_consumer is null or d.consumer_name = i_consumer)
         order by d.dead_letter_id
         limit i_limit
           for update of d
    loop
        if letter.sub_id is null then
            raise exception 'Consumer % is not registered on queue % any more; register it, or delete its dead letters',
                    pgq_gateway.shown(letter.consumer_name), pgq_gateway.shown(letter.queue_name)
                using errcode = 'PQ002', hint = 'consumer';
        end if;
        insert into pgq.retry_queue (ev_retry_after, ev_queue, ev_id, ev_time, ev_txid, ev_owner, ev_retry,
                                     ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4)
        values (now(), letter.queue_id, letter.ev_id, letter.ev_time, null, letter.sub_id, coalesce(letter.ev_retry, 0) + 1,
                letter.ev_type, letter.ev_data, letter.ev_extra1, letter.ev_extra2, letter.ev_extra3, letter.ev_extra4)
            on conflict do nothing;
        delete from pgq_gateway.dead_letter d where d.dead_letter_id = letter.dead_letter_id;
        moved := moved + 1;
    end loop;
    return moved;
end $$;
CREATE FUNCTION pgq_gateway.retry_batch(i_batch_id bigint, i_token uuid, i_after_seconds integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform pgq_gateway.hold_open_batch(i_batch_id, i_token);
    return pgq.batch_retry(i_batch_id, i_after_seconds);
end $$;
CREATE FUNCTION pgq_gateway.retry_counts(i_queue_ids integer[]) RETURNS TABLE(queue_id integer, retry_count bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select r.ev_queue, count(*) from pgq.retry_queue r where r.ev_queue = any (i_queue_ids) group by r.ev_queue
$$;
CREATE FUNCTION pgq_gateway.retry_events(i_batch_id bigint, i_token uuid, i_event_ids bigint[], i_after_seconds double precision[]) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    held record;
    queued int4;
begin
    if cardinality(i_event_ids) = 0 then
        return 0;
    end if;
    held := pgq_gateway.hold_open_batch(i_batch_id, i_token);
    perform pgq_gateway.check_events(i_batch_id, i_event_ids);
    insert into pgq.retry_queue (ev_retry_after, ev_queue, ev_id, ev_time, ev_txid, ev_owner, ev_retry,
                                 ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4)
    select now() + make_interval(secs => wanted.after_seconds), held.queue_id, e.ev_id, e.ev_time, null, held.sub_id,
           coalesce(e.ev_retry, 0) + 1, e.ev_type, e.ev_data, e.ev_extra1, e.ev_extra2, e.ev_extra3, e.ev_extra4
      from pgq.get_batch_events(i_batch_id) e
      join unnest(i_event_ids, i_after_seconds) wanted (ev_id, after_seconds) using (ev_id)
        on conflict do nothing;
    get diagnostics queued = row_count;
    return queued;
end $$;
CREATE FUNCTION pgq_gateway.select_events(i_event_sql text, i_after bigint, i_limit bigint, i_types text[], i_extra1 text, i_extra2 text, i_extra3 text, i_extra4 text) RETURNS TABLE(ev_id bigint, ev_time timestamp with time zone, ev_txid bigint, ev_retry integer, ev_type text, ev_data text, ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
begin
    return query execute format(
        'select ev_id, ev_time, ev_txid, ev_retry, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4'
        ' from (%s) e where %s order by ev_id fetch first ($2) rows with ties',
        i_event_sql,
        concat_ws(' and ', 'true',
            case when i_after is not null then 'ev_id > $1' end,
            case when i_types is not null then 'ev_type = any ($3)' end,
            case when i_extra1 is not null then 'ev_extra1 = $4' end,
            case when i_extra2 is not null then 'ev_extra2 = $5' end,
            case when i_extra3 is not null then 'ev_extra3 = $6' end,
            case when i_extra4 is not null then 'ev_extra4 = $7' end))
      using i_after, i_limit, i_types, i_extra1, i_extra2, i_extra3, i_extra4;
end $_$;
CREATE FUNCTION pgq_gateway.set_queue_config(i_queue text, i_ticker_max_count integer, i_ticker_max_lag interval, i_ticker_idle_period interval, i_rotation_period interval, i_external_ticker boolean, i_ticker_paused boolean) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    setting record;
begin
    perform pgq_gateway.queue_id(i_queue);
    if i_ticker_max_count < 1 then
        raise exception 'tickerMaxCount must be at least 1, got %', i_ticker_max_count
            using errcode = 'PQ012', hint = 'tickerMaxCount';
    end if;
    for setting in
        select name, value
          from (values ('tickerMaxLagSeconds', i_ticker_max_lag),
                       ('tickerIdlePeriodSeconds', i_ticker_idle_period),
                       ('rotationPeriodSeconds', i_rotation_period)) as given (name, value)
         where value < interval '0'
    loop
        raise exception '% must not be negative', setting.name using errcode = 'PQ012', hint = setting.name;
    end loop;
    for setting in
        select name, value
          from (values ('ticker_max_count', i_ticker_max_count::text),
                       ('ticker_max_lag', i_ticker_max_lag::text),
                       ('ticker_idle_period', i_ticker_idle_period::text),
                       ('rotation_period', i_rotation_period::text),
                       ('external_ticker', i_external_ticker::text),
                       ('ticker_paused', i_ticker_paused::text)) as given (name, value)
         where value is not null
    loop
        perform pgq.set_queue_config(i_queue, setting.name, setting.value);
    end loop;
end $$;
CREATE FUNCTION pgq_gateway.shown(i_name text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select coalesce('"' || left(i_name, 100) || case when length(i_name) > 100 then '…' else '' end || '"', 'null')
$$;
CREATE FUNCTION pgq_gateway.silent_members(i_queues text[], i_consumers text[]) RETURNS TABLE(queue_name text, consumer_name text, silent_seconds double precision)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select wanted.queue_name, wanted.consumer_name, max(extract(epoch from now() - member.sub_active))::float8
      from unnest(i_queues, i_consumers) wanted (queue_name, consumer_name)
      join pgq.queue q on q.queue_name = wanted.queue_name
      join pgq.consumer c on c.co_name = wanted.consumer_name
      join pgq.subscription main on main.sub_queue = q.queue_id and main.sub_consumer = c.co_id
      join pgq.subscription member on member.sub_queue = main.sub_queue and member.sub_id = main.sub_id
                                  and member.sub_consumer <> main.sub_consumer
     where member.sub_batch is not null
     group by 1, 2
$$;
CREATE FUNCTION pgq_gateway.tick(i_queue text, i_force boolean DEFAULT false) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    id int4;
begin
    perform pgq_gateway.check_tick_transaction();
    id := pgq_gateway.tickable_queue_id(i_queue);
    perform pg_advisory_xact_lock(1885827444, id);
    return pgq_gateway.tick_locked(i_queue, id, i_force);
end $$;
CREATE FUNCTION pgq_gateway.tick_events(i_queue_id integer, i_from_tick bigint, i_to_tick bigint, i_after bigint, i_limit bigint, i_types text[], i_extra1 text, i_extra2 text, i_extra3 text, i_extra4 text) RETURNS TABLE(ev_id bigint, ev_time timestamp with time zone, ev_txid bigint, ev_retry integer, ev_type text, ev_data text, ev_extra1 text, ev_extra2 text, ev_extra3 text, ev_extra4 text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    from_snapshot txid_snapshot;
    to_snapshot txid_snapshot;
begin
    select t.tick_snapshot into from_snapshot from pgq.tick t where t.tick_queue = i_queue_id and t.tick_id = i_from_tick;
    select t.tick_snapshot into to_snapshot from pgq.tick t where t.tick_queue = i_queue_id and t.tick_id = i_to_tick;
    if from_snapshot is not null and to_snapshot is not null then
        return query
        select * from pgq_gateway.select_events(pgq_gateway.event_sql(i_queue_id, from_snapshot, to_snapshot),
                                                i_after, i_limit, i_types, i_extra1, i_extra2, i_extra3, i_extra4);
        perform from pgq.tick t where t.tick_queue = i_queue_id and t.tick_id = i_from_tick;
        if found then
            return;
        end if;
    end if;
    raise exception 'The log no longer holds the events between ticks % and %', i_from_tick, i_to_tick
        using errcode = 'PQ013', hint = 'after';
end $$;
CREATE FUNCTION pgq_gateway.tick_locked(i_queue text, i_queue_id integer, i_force boolean) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    tick_id bigint := pgq.ticker(i_queue);
    event_seq regclass;
    ticked bigint;
begin
    if tick_id is null and (i_force or pgq_gateway.has_unticked_events(i_queue_id)) then
        -- Something new in the sequence: PgQ then ticks as soon as the last tick is older than max lag. Twice where the
        -- tick is ahead, as upstream's first one is, which counts an unused sequence as 1.
        select q.queue_event_seq::regclass, t.tick_event_seq into event_seq, ticked
          from pgq.queue q join pgq.tick t on t.tick_queue = q.queue_id
         where q.queue_id = i_queue_id
         order by t.tick_id desc
         limit 1;
        if nextval(event_seq) <= ticked then
            perform nextval(event_seq);
        end if;
        tick_id := pgq.ticker(i_queue);
    end if;
    if tick_id is null and i_force then
        perform pgq.force_tick(i_queue);
        tick_id := pgq.ticker(i_queue);
    end if;
    return tick_id;
end $$;
CREATE FUNCTION pgq_gateway.tickable_queue_id(i_queue text) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    queue pgq.queue;
begin
    select * into queue from pgq.queue q where q.queue_id = pgq_gateway.queue_id(i_queue);
    if queue.queue_external_ticker then
        raise exception 'This queue has external tick source.' using errcode = 'PQ007';
    end if;
    if queue.queue_ticker_paused then
        raise exception 'Ticker has been paused for this queue' using errcode = 'PQ006';
    end if;
    return queue.queue_id;
end $$;
CREATE FUNCTION pgq_gateway.ticker_state(i_queues text[] DEFAULT NULL::text[]) RETURNS TABLE(queue_id integer, queue_name text, is_external boolean, is_paused boolean, max_count integer, max_lag_ms double precision, idle_period_ms double precision, event_seq bigint, tick_id bigint, tick_event_seq bigint, tick_age_ms double precision, previous_gap_ms double precision, row_version text, snapshot text)
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select q.queue_id, q.queue_name, q.queue_external_ticker, q.queue_ticker_paused, q.queue_ticker_max_count,
           1000 * extract(epoch from q.queue_ticker_max_lag)::float8,
           1000 * extract(epoch from q.queue_ticker_idle_period)::float8,
           coalesce(pg_sequence_last_value(q.queue_event_seq::regclass), 0),
           t.tick_id, t.tick_event_seq,
           1000 * extract(epoch from clock_timestamp() - t.tick_time)::float8,
           1000 * extract(epoch from t.tick_time - p.tick_time)::float8,
           q.xmin::text, txid_current_snapshot()::text
      from pgq.queue q
      left join lateral (select * from pgq.tick n where n.tick_queue = q.queue_id order by n.tick_id desc limit 1) t
        on true
      left join lateral (select n.tick_time from pgq.tick n
                          where n.tick_queue = q.queue_id and n.tick_id < t.tick_id
                          order by n.tick_id desc limit 1) p
        on true
     where i_queues is null or q.queue_name = any (i_queues)
$$;
CREATE FUNCTION pgq_gateway.ticker_step(i_queues text[], i_only_for_events boolean) RETURNS TABLE(made_tick_id bigint, queue_id integer, queue_name text, is_external boolean, is_paused boolean, max_count integer, max_lag_ms double precision, idle_period_ms double precision, event_seq bigint, tick_id bigint, tick_event_seq bigint, tick_age_ms double precision, previous_gap_ms double precision, row_version text, snapshot text)
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    seen text := txid_current_snapshot();
    made bigint[] := '{}';
    id int4;
begin
    perform pgq_gateway.check_tick_transaction();
    for n in 1 .. cardinality(i_queues) loop
        id := pgq_gateway.tickable_queue_id(i_queues[n]);
        if pg_try_advisory_xact_lock(1885827444, id)
           and (not i_only_for_events
                or exists (select from pgq_gateway.ticker_state(array[i_queues[n]]) s where s.event_seq > s.tick_event_seq)
                or pgq_gateway.has_unticked_events(id)) then
            made[n] := pgq_gateway.tick_locked(i_queues[n], id, false);
        end if;
    end loop;
    return query
    select made[array_position(i_queues, s.queue_name)], s.queue_id, s.queue_name, s.is_external, s.is_paused,
           s.max_count, s.max_lag_ms, s.idle_period_ms, s.event_seq, s.tick_id, s.tick_event_seq, s.tick_age_ms,
           s.previous_gap_ms, s.row_version, seen
      from pgq_gateway.ticker_state(i_queues) s;
end $$;
CREATE FUNCTION pgq_gateway.touch_batch(i_batch_id bigint, i_token uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    held record;
begin
    held := pgq_gateway.hold_batch(i_batch_id, i_token);
    if held.found_batch then
        update pgq.subscription s set sub_active = clock_timestamp()
         where s.sub_queue = held.queue_id and s.sub_consumer = held.consumer_id;
        update pgq_gateway.lease l set touched_at = clock_timestamp()
         where l.queue_id = held.queue_id and l.consumer_id = held.consumer_id and l.batch_id = i_batch_id;
    end if;
    return held.found_batch;
end $$;
CREATE FUNCTION pgq_gateway.touch_leases(i_tokens uuid[]) RETURNS TABLE(token uuid, silent_seconds double precision)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    with held as (
        select s.sub_queue, s.sub_consumer
          from pgq_gateway.lease l
          join pgq.subscription s
            on s.sub_queue = l.queue_id and s.sub_consumer = l.consumer_id and s.sub_batch = l.batch_id
         where l.token = any (i_tokens)
           for no key update of s skip locked)
    update pgq.subscription s
       set sub_active = now()
      from held
     where s.sub_queue = held.sub_queue and s.sub_consumer = held.sub_consumer;
    return query select * from pgq_gateway.held_leases(i_tokens);
end $$;
CREATE FUNCTION pgq_gateway.unregister_consumer(i_queue text, i_consumer text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    at_queue int4 := pgq_gateway.queue_id(i_queue);
    active text;
    gone int4;
begin
    select c.consumer_name into active
      from pgq_gateway.consumer_info c
     where c.queue_id = at_queue
       and c.current_batch is not null
       and (c.main_name = i_consumer
            or c.consumer_name = i_consumer
               and (c.main_name is not null
                    or exists (select from pgq_gateway.consumer_info m
                                where m.queue_id = at_queue and m.main_name = i_consumer)))
     limit 1;
    if active is not null then
        raise exception 'Cooperative consumer % has a batch open; finish it first, or unregister the member with unregisterSubconsumer',
                pgq_gateway.shown(active)
            using errcode = 'PQ010', hint = 'consumer';
    end if;
    gone := pgq.unregister_consumer(i_queue, i_consumer);
    delete from pgq_gateway.lease l
     where l.queue_id = at_queue
       and not exists (select from pgq.subscription s where s.sub_queue = at_queue and s.sub_consumer = l.consumer_id);
    delete from pgq_gateway.stream t
     where t.queue_id = at_queue
       and not exists (select from pgq.subscription s where s.sub_queue = at_queue and s.sub_consumer = t.consumer_id);
    return gone;
end $$;
CREATE FUNCTION pgq_gateway.unregister_subconsumer(i_queue text, i_consumer text, i_subconsumer text, i_batch_handling text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    at_queue int4 := pgq_gateway.queue_id(i_queue);
    member record;
begin
    -- The main row first, then the member's: the order of every cooperative function.
    perform 1
       from pgq.subscription s join pgq.consumer c on c.co_id = s.sub_consumer
      where s.sub_queue = at_queue and c.co_name = i_consumer
        for update of s;
    select s.sub_consumer, s.sub_batch into member
      from pgq.subscription s join pgq.consumer c on c.co_id = s.sub_consumer
     where s.sub_queue = at_queue and c.co_name = i_consumer || '.' || i_subconsumer
       for update of s;
    if not found then
        return false;
    end if;
    if member.sub_batch is not null then
        if i_batch_handling = 'FAIL' then
            raise exception 'Subconsumer % has batch % open; finish it, or choose another batchHandling',
                    pgq_gateway.shown(i_subconsumer), member.sub_batch
                using errcode = 'PQ010', hint = 'batchHandling';
        elsif i_batch_handling = 'RETRY_EVENTS' then
            perform pgq.batch_retry(member.sub_batch, 0);
        end if;
    end if;
    delete from pgq_gateway.lease l where l.queue_id = at_queue and l.consumer_id = member.sub_consumer;
    delete from pgq_gateway.stream t where t.queue_id = at_queue and t.consumer_id = member.sub_consumer;
    return pgq_coop.unregister_subconsumer(i_queue, i_consumer, i_subconsumer, 1) = 1;
end $$;
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
CREATE VIEW pgq_gateway.batch_info AS
 SELECT s.sub_batch AS batch_id,
    q.queue_name,
    c.co_name AS consumer_name,
    t1.tick_time AS start_time,
    t2.tick_time AS end_time,
    t1.tick_id AS prev_tick_id,
    t2.tick_id,
    (EXTRACT(epoch FROM (CURRENT_TIMESTAMP - t2.tick_time)))::double precision AS lag_seconds,
    t1.tick_event_seq AS seq_start,
    t2.tick_event_seq AS seq_end
   FROM ((((pgq.subscription s
     JOIN pgq.queue q ON ((q.queue_id = s.sub_queue)))
     JOIN pgq.consumer c ON ((c.co_id = s.sub_consumer)))
     JOIN pgq.tick t1 ON (((t1.tick_queue = s.sub_queue) AND (t1.tick_id = s.sub_last_tick))))
     JOIN pgq.tick t2 ON (((t2.tick_queue = s.sub_queue) AND (t2.tick_id = s.sub_next_tick))))
  WHERE (s.sub_batch IS NOT NULL);
CREATE VIEW pgq_gateway.consumer_info AS
 SELECT s.sub_queue AS queue_id,
    q.queue_name,
    s.sub_consumer AS consumer_id,
    c.co_name AS consumer_name,
    main.main_name,
    s.sub_id,
    (COALESCE(EXTRACT(epoch FROM (CURRENT_TIMESTAMP - at_tick.tick_time)), EXTRACT(epoch FROM (CURRENT_TIMESTAMP - s.sub_active))))::double precision AS lag_seconds,
    (EXTRACT(epoch FROM (CURRENT_TIMESTAMP - s.sub_active)))::double precision AS last_seen_seconds,
    s.sub_last_tick AS last_tick,
    s.sub_next_tick AS next_tick,
    s.sub_batch AS current_batch,
    (newest.tick_event_seq - at_tick.tick_event_seq) AS pending_events
   FROM (((((pgq.subscription s
     JOIN pgq.queue q ON ((q.queue_id = s.sub_queue)))
     JOIN pgq.consumer c ON ((c.co_id = s.sub_consumer)))
     LEFT JOIN pgq.tick at_tick ON (((at_tick.tick_queue = s.sub_queue) AND (at_tick.tick_id = s.sub_last_tick))))
     LEFT JOIN LATERAL ( SELECT t.tick_event_seq
           FROM pgq.tick t
          WHERE (t.tick_queue = s.sub_queue)
          ORDER BY t.tick_id DESC
         LIMIT 1) newest ON (true))
     LEFT JOIN LATERAL ( SELECT mc.co_name AS main_name
           FROM (pgq.subscription ms
             JOIN pgq.consumer mc ON ((mc.co_id = ms.sub_consumer)))
          WHERE ((ms.sub_queue = s.sub_queue) AND (ms.sub_id = s.sub_id) AND (ms.sub_consumer <> s.sub_consumer) AND starts_with(c.co_name, (mc.co_name || '.'::text)))
          ORDER BY (length(mc.co_name))
         LIMIT 1) main ON (true));
CREATE TABLE pgq_gateway.dead_letter (
    dead_letter_id bigint NOT NULL,
    queue_id integer NOT NULL,
    consumer_name text NOT NULL,
    reason text,
    failed_at timestamp with time zone DEFAULT now() NOT NULL,
    ev_id bigint NOT NULL,
    ev_time timestamp with time zone NOT NULL,
    ev_txid bigint NOT NULL,
    ev_retry integer,
    ev_type text,
    ev_data text,
    ev_extra1 text,
    ev_extra2 text,
    ev_extra3 text,
    ev_extra4 text
);
ALTER TABLE pgq_gateway.dead_letter ALTER COLUMN dead_letter_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME pgq_gateway.dead_letter_dead_letter_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE VIEW pgq_gateway.dead_letter_info AS
 SELECT d.dead_letter_id,
    d.queue_id,
    d.consumer_name,
    d.reason,
    d.failed_at,
    d.ev_id,
    d.ev_time,
    d.ev_txid,
    d.ev_retry,
    d.ev_type,
    d.ev_data,
    d.ev_extra1,
    d.ev_extra2,
    d.ev_extra3,
    d.ev_extra4,
    q.queue_name
   FROM (pgq_gateway.dead_letter d
     JOIN pgq.queue q ON ((q.queue_id = d.queue_id)));
CREATE TABLE pgq_gateway.event_registry (
    queue_id integer NOT NULL,
    revision bigint NOT NULL
)
WITH (fillfactor='50');
CREATE SEQUENCE pgq_gateway.event_registry_revision
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
CREATE TABLE pgq_gateway.event_type (
    queue_id integer NOT NULL,
    type text NOT NULL,
    version integer NOT NULL,
    enforced boolean NOT NULL
);
CREATE TABLE pgq_gateway.event_type_counter (
    key bytea NOT NULL,
    version integer NOT NULL
)
WITH (fillfactor='50');
CREATE TABLE pgq_gateway.event_type_version (
    queue_id integer NOT NULL,
    type text NOT NULL,
    version integer NOT NULL,
    schema json NOT NULL,
    breaking boolean NOT NULL,
    registered_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE VIEW pgq_gateway.event_type_info AS
 SELECT q.queue_name,
    v.queue_id,
    v.type,
    v.version,
    v.schema,
    v.breaking,
    v.registered_at,
    t.enforced,
    (v.version = t.version) AS is_newest
   FROM ((pgq_gateway.event_type t
     JOIN pgq_gateway.event_type_version v ON (((v.queue_id = t.queue_id) AND (v.type = t.type))))
     JOIN pgq.queue q ON ((q.queue_id = t.queue_id)));
CREATE TABLE pgq_gateway.installed (
    component text NOT NULL,
    version text NOT NULL,
    checksum text NOT NULL,
    installed_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE pgq_gateway.lease (
    queue_id integer NOT NULL,
    consumer_id integer NOT NULL,
    batch_id bigint NOT NULL,
    token uuid,
    gateway integer,
    opened_at timestamp with time zone DEFAULT now() NOT NULL,
    touched_at timestamp with time zone
)
WITH (fillfactor='50');
CREATE VIEW pgq_gateway.queue_info AS
 SELECT q.queue_id,
    q.queue_name,
    q.queue_ntables AS table_count,
    q.queue_cur_table AS current_table,
    ((q.queue_data_pfx || '_'::text) || q.queue_cur_table) AS current_event_table,
    (EXTRACT(epoch FROM q.queue_rotation_period))::double precision AS rotation_period_seconds,
    q.queue_switch_time AS switch_time,
    q.queue_external_ticker AS external_ticker,
    q.queue_ticker_paused AS ticker_paused,
    q.queue_ticker_max_count AS ticker_max_count,
    (EXTRACT(epoch FROM q.queue_ticker_max_lag))::double precision AS ticker_max_lag_seconds,
    (EXTRACT(epoch FROM q.queue_ticker_idle_period))::double precision AS ticker_idle_period_seconds,
    (EXTRACT(epoch FROM (CURRENT_TIMESTAMP - newest.tick_time)))::double precision AS ticker_lag_seconds,
        CASE
            WHEN (newest.tick_time > past.tick_time) THEN (((newest.tick_event_seq - past.tick_event_seq))::double precision / (EXTRACT(epoch FROM (newest.tick_time - past.tick_time)))::double precision)
            ELSE NULL::double precision
        END AS events_per_second,
    GREATEST((COALESCE(pg_sequence_last_value(to_regclass(q.queue_event_seq)), (0)::bigint) - newest.tick_event_seq), (0)::bigint) AS new_events,
    newest.tick_id AS last_tick_id
   FROM ((pgq.queue q
     LEFT JOIN LATERAL ( SELECT t.tick_id,
            t.tick_time,
            t.tick_event_seq
           FROM pgq.tick t
          WHERE (t.tick_queue = q.queue_id)
          ORDER BY t.tick_id DESC
         LIMIT 1) newest ON (true))
     LEFT JOIN LATERAL ( SELECT t.tick_time,
            t.tick_event_seq
           FROM pgq.tick t
          WHERE ((t.tick_queue = q.queue_id) AND (t.tick_id >= (newest.tick_id - 20)))
          ORDER BY t.tick_id
         LIMIT 1) past ON (true));
CREATE TABLE pgq_gateway.settled_lease (
    slot integer NOT NULL,
    token uuid NOT NULL
)
WITH (fillfactor='50');
CREATE TABLE pgq_gateway.stream (
    queue_id integer NOT NULL,
    consumer_id integer NOT NULL,
    stream_id uuid NOT NULL,
    gateway integer NOT NULL,
    since timestamp with time zone DEFAULT now() NOT NULL
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
INSERT INTO pgq.event_1_0 VALUES (1, '2026-11-01 00:00:00+00', 4, NULL, NULL, 't', 'settled', NULL, NULL, NULL, NULL);
INSERT INTO pgq.event_1_0 VALUES (2, '2026-11-01 00:00:00+00', 6, NULL, NULL, 't', 'in the open batch', NULL, NULL, NULL, NULL);
INSERT INTO pgq.event_1_0 VALUES (3, '2026-11-01 00:00:00+00', 8, NULL, NULL, '{"op":"INSERT","table":["public","item"],"pkey":["id"]}', '{"id":1,"title":"by trigger"}', 'public.item', NULL, NULL, NULL);
INSERT INTO pgq.event_1_0 VALUES (4, '2026-11-01 00:00:00+00', 10, NULL, NULL, 't', 'not ticked', NULL, NULL, NULL, NULL);
INSERT INTO pgq.queue VALUES (1, 'kept', 3, 0, '00:00:00', 3, 3, '2026-11-01 00:00:00+00', false, false, false, 500, '00:00:00', '00:00:00', NULL, 'pgq.event_1', 'pgq.event_1_id_seq', 'pgq.event_1_tick_seq', NULL);
INSERT INTO pgq.retry_queue VALUES ('2026-11-01 00:00:00+00', 1, 2, '2026-11-01 00:00:00+00', NULL, 1, 1, 't', 'in the open batch', NULL, NULL, NULL, NULL);
INSERT INTO pgq.subscription VALUES (1, 1, 1, 2, '2026-11-01 00:00:00+00', 2, 3);
INSERT INTO pgq.subscription VALUES (2, 1, 2, 2, '2026-11-01 00:00:00+00', NULL, NULL);
INSERT INTO pgq.subscription VALUES (2, 1, 3, 1, '2026-11-01 00:00:00+00', 3, 2);
INSERT INTO pgq.tick VALUES (1, 1, '2026-11-01 00:00:01+00', '3:3:', 0);
INSERT INTO pgq.tick VALUES (1, 2, '2026-11-01 00:00:02+00', '5:5:', 1);
INSERT INTO pgq.tick VALUES (1, 3, '2026-11-01 00:00:03+00', '7:7:', 2);
INSERT INTO pgq.tick VALUES (1, 4, '2026-11-01 00:00:04+00', '9:9:', 3);
INSERT INTO pgq_ext.completed_tick VALUES ('there', '', 7);
INSERT INTO pgq_gateway.dead_letter OVERRIDING SYSTEM VALUE VALUES (1, 1, 'c', 'given up', '2026-11-01 00:00:00+00', 1, '2026-11-01 00:00:00+00', 4, NULL, 't', 'settled', NULL, NULL, NULL, NULL);
INSERT INTO pgq_gateway.event_registry VALUES (1, 4);
INSERT INTO pgq_gateway.event_type VALUES (1, 'created', 2, true);
INSERT INTO pgq_gateway.event_type_counter VALUES ('\xb48f708b37293d3281d70e930a7bb4265bee2a119624c34db6fd14b74ba2903b', 2);
INSERT INTO pgq_gateway.event_type_counter VALUES ('\x4d23c8f6243430d3f8ea4f660399883ab34dad49505e56c10c63e2a6a38fd0a4', 1);
INSERT INTO pgq_gateway.event_type_version VALUES (1, 'created', 1, '{"type":"object"}', false, '2026-11-01 00:00:00+00');
INSERT INTO pgq_gateway.event_type_version VALUES (1, 'created', 2, '{"type":"object","properties":{"id":{"type":"integer"}}}', true, '2026-11-01 00:00:00+00');
INSERT INTO pgq_gateway.installed VALUES ('pgq', '0.1.0', '35bbbc89d8b9646349cc51195b0fb06e8ed993cb6ecb224f58084b94cb30880b', '2026-11-01 00:00:00+00');
INSERT INTO pgq_gateway.installed VALUES ('pgq_coop', '0.1.0', '3e2c5a9fc127fb699022ff4568761087a09f5839aec48f9b1239b8b6e44f6866', '2026-11-01 00:00:00+00');
INSERT INTO pgq_gateway.installed VALUES ('pgq_ext', '0.1.0', '12c203004e719d40bb23a1b86af08b17a8ce2ec41fb0c301a936bbd5ca18187e', '2026-11-01 00:00:00+00');
INSERT INTO pgq_gateway.installed VALUES ('pgq_gateway', '0.1.0', '409c6e457106b646681699cd8f9e04d0b37d38ea5c65deac45ab9f1fca656a0a', '2026-11-01 00:00:00+00');
INSERT INTO pgq_gateway.lease VALUES (1, 1, 2, '00000000-0000-4000-8000-000000000001', 1, '2026-11-01 00:00:00+00', NULL);
INSERT INTO pgq_gateway.lease VALUES (1, 3, 3, '00000000-0000-4000-8000-000000000002', 1, '2026-11-01 00:00:00+00', NULL);
INSERT INTO pgq_gateway.settled_lease VALUES (0, '00000000-0000-4000-8000-000000000000');
INSERT INTO pgq_gateway.stream VALUES (1, 3, '00000000-0000-4000-8000-000000000009', 1, '2026-11-01 00:00:00+00');
INSERT INTO public.item VALUES (1, 'by trigger');
SELECT pg_catalog.setval('pgq.batch_id_seq', 3, true);
SELECT pg_catalog.setval('pgq.consumer_co_id_seq', 3, true);
SELECT pg_catalog.setval('pgq.event_1_id_seq', 4, true);
SELECT pg_catalog.setval('pgq.event_1_tick_seq', 4, true);
SELECT pg_catalog.setval('pgq.queue_queue_id_seq', 1, true);
SELECT pg_catalog.setval('pgq.subscription_sub_id_seq', 3, true);
SELECT pg_catalog.setval('pgq_gateway.dead_letter_dead_letter_id_seq', 1, true);
SELECT pg_catalog.setval('pgq_gateway.event_registry_revision', 4, true);
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
ALTER TABLE ONLY pgq_gateway.dead_letter
    ADD CONSTRAINT dead_letter_pkey PRIMARY KEY (dead_letter_id);
ALTER TABLE ONLY pgq_gateway.dead_letter
    ADD CONSTRAINT dead_letter_queue_id_consumer_name_ev_id_key UNIQUE (queue_id, consumer_name, ev_id);
ALTER TABLE ONLY pgq_gateway.event_registry
    ADD CONSTRAINT event_registry_pkey PRIMARY KEY (queue_id);
ALTER TABLE ONLY pgq_gateway.event_type_counter
    ADD CONSTRAINT event_type_counter_pkey PRIMARY KEY (key);
ALTER TABLE ONLY pgq_gateway.event_type
    ADD CONSTRAINT event_type_pkey PRIMARY KEY (queue_id, type);
ALTER TABLE ONLY pgq_gateway.event_type_version
    ADD CONSTRAINT event_type_version_pkey PRIMARY KEY (queue_id, type, version);
ALTER TABLE ONLY pgq_gateway.installed
    ADD CONSTRAINT installed_pkey PRIMARY KEY (component);
ALTER TABLE ONLY pgq_gateway.lease
    ADD CONSTRAINT lease_pkey PRIMARY KEY (queue_id, consumer_id);
ALTER TABLE ONLY pgq_gateway.settled_lease
    ADD CONSTRAINT settled_lease_pkey PRIMARY KEY (slot);
ALTER TABLE ONLY pgq_gateway.stream
    ADD CONSTRAINT stream_pkey PRIMARY KEY (queue_id, consumer_id);
ALTER TABLE ONLY public.item
    ADD CONSTRAINT item_pkey PRIMARY KEY (id);
CREATE INDEX event_1_0_txid_idx ON pgq.event_1_0 USING btree (ev_txid);
CREATE INDEX event_1_1_txid_idx ON pgq.event_1_1 USING btree (ev_txid);
CREATE INDEX event_1_2_txid_idx ON pgq.event_1_2 USING btree (ev_txid);
CREATE INDEX rq_retry_idx ON pgq.retry_queue USING btree (ev_retry_after);
CREATE TRIGGER pgq_gateway_tick AFTER INSERT ON pgq.tick FOR EACH ROW EXECUTE FUNCTION pgq_gateway.notify_tick();
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
REVOKE ALL ON FUNCTION pgq._admit_event(i_queue_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq._admit_event(i_queue_name text) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq._grant_perms_from(src_schema text, src_table text, dst_schema text, dst_table text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq._grant_perms_from(src_schema text, src_table text, dst_schema text, dst_table text) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq._has_undelivered(i_queue_id integer, i_snapshot txid_snapshot) FROM PUBLIC;
REVOKE ALL ON FUNCTION pgq._is_subconsumer(i_queue_id integer, i_consumer_id integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION pgq._tick_queue(i_queue_id integer, i_strict boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION pgq._tick_snapshot() FROM PUBLIC;
REVOKE ALL ON FUNCTION pgq._ticker_plan() FROM PUBLIC;
REVOKE ALL ON FUNCTION pgq.batch_event_sql(x_batch_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.batch_event_sql(x_batch_id bigint) TO pgq_reader;
REVOKE ALL ON FUNCTION pgq.batch_event_tables(x_batch_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.batch_event_tables(x_batch_id bigint) TO pgq_reader;
REVOKE ALL ON FUNCTION pgq.batch_retry(i_batch_id bigint, i_retry_seconds integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.batch_retry(i_batch_id bigint, i_retry_seconds integer) TO pgq_reader;
REVOKE ALL ON FUNCTION pgq.create_queue(i_queue_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq.create_queue(i_queue_name text) TO pgq_admin;
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
REVOKE ALL ON FUNCTION pgq_gateway.await_inserts() FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.await_inserts() TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.batch_events(i_batch_id bigint, i_after bigint, i_limit bigint, i_types text[], i_extra1 text, i_extra2 text, i_extra3 text, i_extra4 text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.batch_events(i_batch_id bigint, i_after bigint, i_limit bigint, i_types text[], i_extra1 text, i_extra2 text, i_extra3 text, i_extra4 text) TO pgq_reader;
GRANT ALL ON FUNCTION pgq_gateway.batch_events(i_batch_id bigint, i_after bigint, i_limit bigint, i_types text[], i_extra1 text, i_extra2 text, i_extra3 text, i_extra4 text) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.check_events(i_batch_id bigint, i_event_ids bigint[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION pgq_gateway.check_stream(i_queue_id integer, i_consumer_id integer, i_stream_id uuid) FROM PUBLIC;
REVOKE ALL ON FUNCTION pgq_gateway.check_tick_transaction() FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.check_tick_transaction() TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.claim_stream(i_queue text, i_consumer text, i_subconsumer text, i_stream_id uuid, i_gateway integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.claim_stream(i_queue text, i_consumer text, i_subconsumer text, i_stream_id uuid, i_gateway integer) TO pgq_reader;
GRANT ALL ON FUNCTION pgq_gateway.claim_stream(i_queue text, i_consumer text, i_subconsumer text, i_stream_id uuid, i_gateway integer) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.create_queue(i_queue text, i_ticker_max_count integer, i_ticker_max_lag interval, i_ticker_idle_period interval, i_rotation_period interval, i_external_ticker boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.create_queue(i_queue text, i_ticker_max_count integer, i_ticker_max_lag interval, i_ticker_idle_period interval, i_rotation_period interval, i_external_ticker boolean) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.delete_dead_letters(i_ids bigint[], i_queue text, i_consumer text, i_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.delete_dead_letters(i_ids bigint[], i_queue text, i_consumer text, i_limit integer) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.drop_queue(i_queue text, i_force boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.drop_queue(i_queue text, i_force boolean) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.enforced_event_types(i_queue text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.enforced_event_types(i_queue text) TO pgq_writer;
GRANT ALL ON FUNCTION pgq_gateway.enforced_event_types(i_queue text) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.event_pages(i_batch_id bigint, i_queue_id integer, i_from_tick bigint, i_to_tick bigint, i_size integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.event_pages(i_batch_id bigint, i_queue_id integer, i_from_tick bigint, i_to_tick bigint, i_size integer) TO pgq_reader;
GRANT ALL ON FUNCTION pgq_gateway.event_pages(i_batch_id bigint, i_queue_id integer, i_from_tick bigint, i_to_tick bigint, i_size integer) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.event_range(i_batch_id bigint, i_queue_id integer, i_from_tick bigint, i_to_tick bigint, OUT queue_id integer, OUT from_snapshot txid_snapshot, OUT to_snapshot txid_snapshot, OUT sub_id integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION pgq_gateway.event_sql(i_queue_id integer, i_from txid_snapshot, i_to txid_snapshot, i_sub_id integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION pgq_gateway.event_type_key(i_queue text, i_type text) FROM PUBLIC;
REVOKE ALL ON FUNCTION pgq_gateway.events_ahead(i_batch_id bigint, i_to_tick bigint, i_limit bigint, i_types text[], i_extra1 text, i_extra2 text, i_extra3 text, i_extra4 text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.events_ahead(i_batch_id bigint, i_to_tick bigint, i_limit bigint, i_types text[], i_extra1 text, i_extra2 text, i_extra3 text, i_extra4 text) TO pgq_reader;
GRANT ALL ON FUNCTION pgq_gateway.events_ahead(i_batch_id bigint, i_to_tick bigint, i_limit bigint, i_types text[], i_extra1 text, i_extra2 text, i_extra3 text, i_extra4 text) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.events_within(i_batch_id bigint, i_queue_id integer, i_from_tick bigint, i_to_tick bigint, i_table_numbers integer[], i_first_tids tid[], i_last_tids tid[], i_last_id bigint, i_after bigint, i_limit bigint, i_types text[], i_extra1 text, i_extra2 text, i_extra3 text, i_extra4 text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.events_within(i_batch_id bigint, i_queue_id integer, i_from_tick bigint, i_to_tick bigint, i_table_numbers integer[], i_first_tids tid[], i_last_tids tid[], i_last_id bigint, i_after bigint, i_limit bigint, i_types text[], i_extra1 text, i_extra2 text, i_extra3 text, i_extra4 text) TO pgq_reader;
GRANT ALL ON FUNCTION pgq_gateway.events_within(i_batch_id bigint, i_queue_id integer, i_from_tick bigint, i_to_tick bigint, i_table_numbers integer[], i_first_tids tid[], i_last_tids tid[], i_last_id bigint, i_after bigint, i_limit bigint, i_types text[], i_extra1 text, i_extra2 text, i_extra3 text, i_extra4 text) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.fail_events(i_batch_id bigint, i_token uuid, i_event_ids bigint[], i_reasons text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.fail_events(i_batch_id bigint, i_token uuid, i_event_ids bigint[], i_reasons text[]) TO pgq_reader;
GRANT ALL ON FUNCTION pgq_gateway.fail_events(i_batch_id bigint, i_token uuid, i_event_ids bigint[], i_reasons text[]) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.finish_and_publish(i_batch_id bigint, i_token uuid, i_gateway integer, i_retry_ids bigint[], i_retry_after_seconds double precision[], i_failure_ids bigint[], i_failure_reasons text[], i_queues text[], i_types text[], i_data text[], i_extra1 text[], i_extra2 text[], i_extra3 text[], i_extra4 text[], i_revisions bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.finish_and_publish(i_batch_id bigint, i_token uuid, i_gateway integer, i_retry_ids bigint[], i_retry_after_seconds double precision[], i_failure_ids bigint[], i_failure_reasons text[], i_queues text[], i_types text[], i_data text[], i_extra1 text[], i_extra2 text[], i_extra3 text[], i_extra4 text[], i_revisions bigint[]) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.finish_batch(i_batch_id bigint, i_token uuid, i_gateway integer, i_retry_ids bigint[], i_retry_after_seconds double precision[], i_failure_ids bigint[], i_failure_reasons text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.finish_batch(i_batch_id bigint, i_token uuid, i_gateway integer, i_retry_ids bigint[], i_retry_after_seconds double precision[], i_failure_ids bigint[], i_failure_reasons text[]) TO pgq_reader;
GRANT ALL ON FUNCTION pgq_gateway.finish_batch(i_batch_id bigint, i_token uuid, i_gateway integer, i_retry_ids bigint[], i_retry_after_seconds double precision[], i_failure_ids bigint[], i_failure_reasons text[]) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.has_unticked_events(i_queue_id integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.has_unticked_events(i_queue_id integer) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.held_leases(i_tokens uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.held_leases(i_tokens uuid[]) TO pgq_reader;
GRANT ALL ON FUNCTION pgq_gateway.held_leases(i_tokens uuid[]) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.hold_batch(i_batch_id bigint, i_token uuid, OUT found_batch boolean, OUT queue_id integer, OUT queue_name text, OUT consumer_id integer, OUT sub_id integer, OUT group_name text, OUT is_member boolean, OUT gateway integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION pgq_gateway.hold_open_batch(i_batch_id bigint, i_token uuid) FROM PUBLIC;
REVOKE ALL ON FUNCTION pgq_gateway.insert_events(i_queue text, i_types text[], i_data text[], i_extra1 text[], i_extra2 text[], i_extra3 text[], i_extra4 text[], i_revision bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.insert_events(i_queue text, i_types text[], i_data text[], i_extra1 text[], i_extra2 text[], i_extra3 text[], i_extra4 text[], i_revision bigint) TO pgq_writer;
GRANT ALL ON FUNCTION pgq_gateway.insert_events(i_queue text, i_types text[], i_data text[], i_extra1 text[], i_extra2 text[], i_extra3 text[], i_extra4 text[], i_revision bigint) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.lease_slot(i_token uuid) FROM PUBLIC;
REVOKE ALL ON FUNCTION pgq_gateway.lock_event_types(i_queue text) FROM PUBLIC;
REVOKE ALL ON FUNCTION pgq_gateway.lock_queue(i_queue text) FROM PUBLIC;
REVOKE ALL ON FUNCTION pgq_gateway.lock_subscription(i_queue text, i_consumer text, OUT queue_id integer, OUT consumer_id integer, OUT main_name text) FROM PUBLIC;
REVOKE ALL ON FUNCTION pgq_gateway.maint_retry_events(i_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.maint_retry_events(i_limit integer) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.next_after_finish(i_finished boolean, i_queue text, i_consumer text, i_min_lag interval, i_min_count integer, i_min_interval interval, i_stream_id uuid, i_gateway integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.next_after_finish(i_finished boolean, i_queue text, i_consumer text, i_min_lag interval, i_min_count integer, i_min_interval interval, i_stream_id uuid, i_gateway integer) TO pgq_reader;
GRANT ALL ON FUNCTION pgq_gateway.next_after_finish(i_finished boolean, i_queue text, i_consumer text, i_min_lag interval, i_min_count integer, i_min_interval interval, i_stream_id uuid, i_gateway integer) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.next_batch(i_queue text, i_consumer text, i_min_lag interval, i_min_count integer, i_min_interval interval, i_stream_id uuid, i_gateway integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.next_batch(i_queue text, i_consumer text, i_min_lag interval, i_min_count integer, i_min_interval interval, i_stream_id uuid, i_gateway integer) TO pgq_reader;
GRANT ALL ON FUNCTION pgq_gateway.next_batch(i_queue text, i_consumer text, i_min_lag interval, i_min_count integer, i_min_interval interval, i_stream_id uuid, i_gateway integer) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.next_coop_batch(i_queue text, i_consumer text, i_subconsumer text, i_min_lag interval, i_min_count integer, i_min_interval interval, i_dead_interval interval, i_stream_id uuid, i_gateway integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.next_coop_batch(i_queue text, i_consumer text, i_subconsumer text, i_min_lag interval, i_min_count integer, i_min_interval interval, i_dead_interval interval, i_stream_id uuid, i_gateway integer) TO pgq_reader;
GRANT ALL ON FUNCTION pgq_gateway.next_coop_batch(i_queue text, i_consumer text, i_subconsumer text, i_min_lag interval, i_min_count integer, i_min_interval interval, i_dead_interval interval, i_stream_id uuid, i_gateway integer) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.next_coop_batches(i_queue text, i_consumer text, i_subconsumers text[], i_min_lag interval, i_min_count integer, i_min_interval interval, i_dead_interval interval, i_stream_ids uuid[], i_gateway integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.next_coop_batches(i_queue text, i_consumer text, i_subconsumers text[], i_min_lag interval, i_min_count integer, i_min_interval interval, i_dead_interval interval, i_stream_ids uuid[], i_gateway integer) TO pgq_reader;
GRANT ALL ON FUNCTION pgq_gateway.next_coop_batches(i_queue text, i_consumer text, i_subconsumers text[], i_min_lag interval, i_min_count integer, i_min_interval interval, i_dead_interval interval, i_stream_ids uuid[], i_gateway integer) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.next_retry_ms() FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.next_retry_ms() TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.open_lease(i_queue_id integer, i_consumer_id integer, i_batch_id bigint, i_gateway integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION pgq_gateway.queue_activity(INOUT snapshot text, i_queue_ids integer[], OUT queues text, OUT scan_ms double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.queue_activity(INOUT snapshot text, i_queue_ids integer[], OUT queues text, OUT scan_ms double precision) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.queue_id(i_queue text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.queue_id(i_queue text) TO pgq_reader;
GRANT ALL ON FUNCTION pgq_gateway.queue_id(i_queue text) TO pgq_writer;
GRANT ALL ON FUNCTION pgq_gateway.queue_id(i_queue text) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.register_consumer(i_queue text, i_consumer text, i_at_tick bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.register_consumer(i_queue text, i_consumer text, i_at_tick bigint) TO pgq_reader;
GRANT ALL ON FUNCTION pgq_gateway.register_consumer(i_queue text, i_consumer text, i_at_tick bigint) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.register_event_type(i_queue text, i_type text, i_base integer, i_schema json, i_breaking boolean, i_enforce boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.register_event_type(i_queue text, i_type text, i_base integer, i_schema json, i_breaking boolean, i_enforce boolean) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.register_subconsumer(i_queue text, i_consumer text, i_subconsumer text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.register_subconsumer(i_queue text, i_consumer text, i_subconsumer text) TO pgq_reader;
GRANT ALL ON FUNCTION pgq_gateway.register_subconsumer(i_queue text, i_consumer text, i_subconsumer text) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.release_orphans(i_gateway integer, i_stream_ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.release_orphans(i_gateway integer, i_stream_ids uuid[]) TO pgq_reader;
GRANT ALL ON FUNCTION pgq_gateway.release_orphans(i_gateway integer, i_stream_ids uuid[]) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.release_streams(i_stream_ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.release_streams(i_stream_ids uuid[]) TO pgq_reader;
GRANT ALL ON FUNCTION pgq_gateway.release_streams(i_stream_ids uuid[]) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.remove_event_type(i_queue text, i_type text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.remove_event_type(i_queue text, i_type text) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.requeue_dead_letters(i_ids bigint[], i_queue text, i_consumer text, i_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.requeue_dead_letters(i_ids bigint[], i_queue text, i_consumer text, i_limit integer) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.retry_batch(i_batch_id bigint, i_token uuid, i_after_seconds integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.retry_batch(i_batch_id bigint, i_token uuid, i_after_seconds integer) TO pgq_reader;
GRANT ALL ON FUNCTION pgq_gateway.retry_batch(i_batch_id bigint, i_token uuid, i_after_seconds integer) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.retry_counts(i_queue_ids integer[]) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.retry_counts(i_queue_ids integer[]) TO pgq_reader;
GRANT ALL ON FUNCTION pgq_gateway.retry_counts(i_queue_ids integer[]) TO pgq_writer;
GRANT ALL ON FUNCTION pgq_gateway.retry_counts(i_queue_ids integer[]) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.retry_events(i_batch_id bigint, i_token uuid, i_event_ids bigint[], i_after_seconds double precision[]) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.retry_events(i_batch_id bigint, i_token uuid, i_event_ids bigint[], i_after_seconds double precision[]) TO pgq_reader;
GRANT ALL ON FUNCTION pgq_gateway.retry_events(i_batch_id bigint, i_token uuid, i_event_ids bigint[], i_after_seconds double precision[]) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.select_events(i_event_sql text, i_after bigint, i_limit bigint, i_types text[], i_extra1 text, i_extra2 text, i_extra3 text, i_extra4 text) FROM PUBLIC;
REVOKE ALL ON FUNCTION pgq_gateway.set_queue_config(i_queue text, i_ticker_max_count integer, i_ticker_max_lag interval, i_ticker_idle_period interval, i_rotation_period interval, i_external_ticker boolean, i_ticker_paused boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.set_queue_config(i_queue text, i_ticker_max_count integer, i_ticker_max_lag interval, i_ticker_idle_period interval, i_rotation_period interval, i_external_ticker boolean, i_ticker_paused boolean) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.silent_members(i_queues text[], i_consumers text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.silent_members(i_queues text[], i_consumers text[]) TO pgq_reader;
GRANT ALL ON FUNCTION pgq_gateway.silent_members(i_queues text[], i_consumers text[]) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.tick(i_queue text, i_force boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.tick(i_queue text, i_force boolean) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.tick_events(i_queue_id integer, i_from_tick bigint, i_to_tick bigint, i_after bigint, i_limit bigint, i_types text[], i_extra1 text, i_extra2 text, i_extra3 text, i_extra4 text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.tick_events(i_queue_id integer, i_from_tick bigint, i_to_tick bigint, i_after bigint, i_limit bigint, i_types text[], i_extra1 text, i_extra2 text, i_extra3 text, i_extra4 text) TO pgq_reader;
GRANT ALL ON FUNCTION pgq_gateway.tick_events(i_queue_id integer, i_from_tick bigint, i_to_tick bigint, i_after bigint, i_limit bigint, i_types text[], i_extra1 text, i_extra2 text, i_extra3 text, i_extra4 text) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.tick_locked(i_queue text, i_queue_id integer, i_force boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.tick_locked(i_queue text, i_queue_id integer, i_force boolean) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.tickable_queue_id(i_queue text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.tickable_queue_id(i_queue text) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.ticker_state(i_queues text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.ticker_state(i_queues text[]) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.ticker_step(i_queues text[], i_only_for_events boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.ticker_step(i_queues text[], i_only_for_events boolean) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.touch_batch(i_batch_id bigint, i_token uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.touch_batch(i_batch_id bigint, i_token uuid) TO pgq_reader;
GRANT ALL ON FUNCTION pgq_gateway.touch_batch(i_batch_id bigint, i_token uuid) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.touch_leases(i_tokens uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.touch_leases(i_tokens uuid[]) TO pgq_reader;
GRANT ALL ON FUNCTION pgq_gateway.touch_leases(i_tokens uuid[]) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.unregister_consumer(i_queue text, i_consumer text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.unregister_consumer(i_queue text, i_consumer text) TO pgq_reader;
GRANT ALL ON FUNCTION pgq_gateway.unregister_consumer(i_queue text, i_consumer text) TO pgq_admin;
REVOKE ALL ON FUNCTION pgq_gateway.unregister_subconsumer(i_queue text, i_consumer text, i_subconsumer text, i_batch_handling text) FROM PUBLIC;
GRANT ALL ON FUNCTION pgq_gateway.unregister_subconsumer(i_queue text, i_consumer text, i_subconsumer text, i_batch_handling text) TO pgq_reader;
GRANT ALL ON FUNCTION pgq_gateway.unregister_subconsumer(i_queue text, i_consumer text, i_subconsumer text, i_batch_handling text) TO pgq_admin;
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
GRANT SELECT ON TABLE pgq_gateway.batch_info TO PUBLIC;
GRANT SELECT ON TABLE pgq_gateway.consumer_info TO PUBLIC;
GRANT SELECT ON TABLE pgq_gateway.dead_letter_info TO pgq_reader;
GRANT SELECT ON TABLE pgq_gateway.dead_letter_info TO pgq_admin;
GRANT SELECT ON TABLE pgq_gateway.event_type_info TO pgq_reader;
GRANT SELECT ON TABLE pgq_gateway.event_type_info TO pgq_admin;
GRANT SELECT ON TABLE pgq_gateway.installed TO PUBLIC;
GRANT SELECT ON TABLE pgq_gateway.queue_info TO PUBLIC;
