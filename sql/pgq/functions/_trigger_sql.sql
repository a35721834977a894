-- Returns the part of an SQL statement after the table's name that repeats a row's change; see pgq.sqltriga. An UPDATE sets what
-- changed, or the first key where nothing did. PQ012 for a NULL key.
-- Grant: public
create or replace function pgq._trigger_sql(i_op text, i_names text[], i_values text[], i_keys text[], i_logged text[], i_changed text[])
returns text
language plpgsql immutable as $$
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
