-- Quotes both parts of a name split at its first dot; a name without a dot is in schema public. NULL gives NULL.
-- Grant: public
create or replace function pgq.quote_fqname(i_name text) returns text
language plpgsql immutable strict as $$
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
