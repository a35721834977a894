-- Encodes text as the value of a URL-encoded form: lower-case hex per byte, space as plus. NULL gives NULL.
-- Grant: public
create or replace function pgq._urlencode(val text) returns text
language plpgsql immutable strict as $$
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
$$;
