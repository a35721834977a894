-- The tables are reached through functions alone.
grant usage on schema pgq_ext to public;
