-- Refuses (PQ012) a member name that pgq_coop could take for another's: a member is stored as `consumer.member`, so a
-- dot inside the member's part would make two groups share a row.
-- Grant: public
create or replace function pgq_gateway._check_member_name(i_consumer text, i_subconsumer text)
returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp
as $$
begin
    if coalesce(i_subconsumer, '') = '' then
        raise exception 'A subconsumer needs a name' using errcode = 'PQ012', column = 'subconsumer';
    end if;
    if position('.' in i_subconsumer) > 0 then
        raise exception 'A subconsumer name must not contain a dot, got %', pgq_gateway._shown(i_subconsumer)
            using errcode = 'PQ012', column = 'subconsumer';
    end if;
end $$;
