-- Returns what a text, read as JSON, has at a path; NULL where that is nothing, or where the text is no JSON that PostgreSQL takes.
-- Grant: nobody
create or replace function pgq_gateway._json_at(i_text text, i_path text[])
returns jsonb
language plpgsql immutable set search_path = pg_catalog, pg_temp
as $$
begin
    return i_text::jsonb #> i_path;
exception
    when data_exception or program_limit_exceeded then
        return null;
end $$;
