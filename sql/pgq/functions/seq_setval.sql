-- Raises a sequence to at least the given value, never lowers it; returns its last value after that. NULL gives NULL.
-- Grant: pgq_admin
create or replace function pgq.seq_setval(i_seq_name text, i_new_value int8) returns bigint
language plpgsql strict set search_path = pg_catalog, pg_temp as $$
declare
    seq text := pgq.quote_fqname(i_seq_name);
    res bigint;
begin
    res := pgq.seq_getval(i_seq_name);
    if res < i_new_value then
        perform pg_catalog.setval(seq::pg_catalog.regclass, i_new_value);
        return pgq.seq_getval(i_seq_name);
    end if;
    return res;
end;
$$;
