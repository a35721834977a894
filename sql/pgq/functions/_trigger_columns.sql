-- Returns the columns of a table in order, with what the row triggers need to encode them: $1 in an expression is the row.
-- as_text is the type's output (not the cast to text, which writes booleans and char(n) differently), as_json is that as JSON.
-- Grant: public
create or replace function pgq._trigger_columns(i_table oid) returns table (name text, as_text text, as_json text, has_equality boolean)
language sql stable as $$
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
$$;
