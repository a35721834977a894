-- Returns the values of the expressions over the row $1, as an array of texts.
-- Grant: public
create or replace function pgq._trigger_texts(i_expressions text[], i_row record) returns text[]
language plpgsql as $$
declare
    res text[];
begin
    execute 'select array[' || pg_catalog.array_to_string(i_expressions, ', ') || ']::text[]' into res using i_row;
    return res;
end;
$$;
