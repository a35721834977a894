-- Returns last_value of a sequence. A sequence that was never used gives its start value, as after the first nextval; the ticker
-- and the info functions therefore use pg_sequence_last_value instead, which tells the two apart. NULL gives NULL.
-- Grant: public
create or replace function pgq.seq_getval(i_seq_name text) returns bigint
language plpgsql strict set search_path = pg_catalog, pg_temp as $$
declare
    res bigint;
begin
    execute 'select last_value from ' || pgq.quote_fqname(i_seq_name) into res;
    return res;
end;
$$;
