-- Returns the SQL expression that encodes the row $1 of the given columns: `json` object or `url` form. Column order is that of
-- the arrays.
-- Grant: public
create or replace function pgq._trigger_encode(i_format text, i_names text[], i_as_texts text[], i_as_jsons text[]) returns text
language plpgsql immutable as $$
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
