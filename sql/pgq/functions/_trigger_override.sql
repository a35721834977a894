-- Returns the value of an expression given to a row trigger, where bare column names stand for the row, and the type of that
-- value.
-- Grant: public
create or replace function pgq._trigger_override(i_expression text, i_row record, out value text, out type_oid oid)
language plpgsql as $$
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
$$;
