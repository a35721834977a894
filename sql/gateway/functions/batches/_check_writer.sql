-- Refuses (42501) a login that is no member of pgq_writer, whichever role it has set: what settles a batch and publishes takes the
-- rights of a reader and of a writer, and a session has one role at a time.
-- Grant: nobody
create or replace function pgq_gateway._check_writer()
returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
    if not pg_has_role(session_user, 'pgq_writer', 'member') then
        raise exception 'To publish takes the role pgq_writer' using errcode = '42501';
    end if;
end $$;
