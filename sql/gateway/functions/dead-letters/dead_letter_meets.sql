-- Says whether a dead letter meets conditions, all of them; NULL is none. i_contains is a part of its reason, i_normalized the whole
-- of it as normalized_reason has it. A NULL among i_types is for events without a type. It is inlined as that is.
-- Grant: pgq_reader, pgq_admin
create or replace function pgq_gateway.dead_letter_meets(
    i_reason text, i_type text, i_failed_at timestamptz,
    i_contains text, i_normalized text, i_types text[], i_from timestamptz, i_to timestamptz)
returns bool
language sql immutable parallel safe
as $$
    select (i_from is null or i_failed_at operator(pg_catalog.>=) i_from)
       and (i_to is null or i_failed_at operator(pg_catalog.<=) i_to)
       and (i_types is null or pg_catalog.array_position(i_types, i_type) is not null)
       and (i_contains is null or pg_catalog.strpos(i_reason, i_contains) operator(pg_catalog.>) 0)
       and (i_normalized is null or pgq_gateway.normalized_reason(i_reason) operator(pg_catalog.=) i_normalized)
$$;
