-- SQL expression that encodes the row $1 of the given columns: `json` object or `url` form. Column order is that of the arrays.
create or replace function pgq._trigger_encode(i_format text, i_names text[], i_as_texts text[], i_as_jsons text[]) returns text
language sql immutable as $$
    select coalesce(case i_format
        when 'json' then
            '''{'' || ' || pg_catalog.string_agg(
                pg_catalog.quote_literal(pg_catalog.to_json(name)::text || ':') || ' || ' || as_json, ' || '','' || ' order by nr) || ' || ''}'''
        else pg_catalog.string_agg(
                pg_catalog.format('%L || coalesce(''='' || pgq._urlencode(%s), '''')', pgq._urlencode(name), as_text), ' || ''&'' || ' order by nr)
        end, case i_format when 'json' then '''{}''' else '''''' end)
      from rows from (pg_catalog.unnest(i_names), pg_catalog.unnest(i_as_texts), pg_catalog.unnest(i_as_jsons)) with ordinality c (name, as_text, as_json, nr)
$$;
