-- Refuses (3F000) what needs the dead letters where they have no place, since schema pgq_gateway is not installed.
-- Grant: pgq_reader
create or replace function pgq._check_gateway() returns void
language plpgsql stable set search_path = pg_catalog, pgq, pg_temp as $$
begin
    if to_regclass('pgq_gateway.dead_letter_info') is null then
        raise exception 'Failed events are kept in schema pgq_gateway, which is not in this database; run: pgq-graphql install'
            using errcode = '3F000';
    end if;
end;
$$;
