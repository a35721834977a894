-- Bisects the blocks of an event table for the first one whose rows meet a condition that holds for all blocks after it, too.
-- i_condition is an aggregate over the rows of one block; i_default stands for it where a block has no row. Returns i_blocks
-- when no block meets it. Event tables only grow until rotation empties them, so their rows lie nearly in the order in which
-- they were written: what is found may be some blocks off.
-- Grant: nobody
create or replace function pgq_gateway._first_block_where(
    i_table regclass, i_blocks bigint, i_condition text, i_default bool)
returns bigint
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
    first bigint := 0;
    past bigint := i_blocks;
    middle bigint;
    is_met bool;
begin
    while first < past loop
        middle := (first + past) / 2;
        execute format('select coalesce(%s, %L) from %s where %s', i_condition, i_default, i_table,
                       pgq_gateway._block_condition(middle, middle + 1))
           into is_met;
        if is_met then
            past := middle;
        else
            first := middle + 1;
        end if;
    end loop;
    return first;
end $$;
