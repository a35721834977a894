-- Makes the condition that a row lies in one of a table's blocks from i_first on, before i_end, such that no other block is read.
-- Grant: nobody
create or replace function pgq_gateway._block_condition(i_first bigint, i_end bigint)
returns text
language sql immutable set search_path = pg_catalog, pg_temp
as $$
    select case
        when current_setting('server_version_num')::int4 >= 140000 then
            format('ctid >= ''(%s,0)'' and ctid < ''(%s,0)''', i_first, i_end)
        -- PostgreSQL 13 cannot scan a range of tids, but it can scan a list: every tid that may be there.
        else
            format('ctid = any (array(select format(''(%%s,%%s)'', block, line)::tid'
                   '  from generate_series(%s, %s) block, generate_series(1, %s) line))',
                   i_first, i_end - 1, current_setting('block_size')::int4 / 28)
    end
$$;
