grant usage on schema pgq_coop to public;
