-- pgq_coop has no tables of its own: a member of a group is a row of pgq.subscription that shares its main consumer's sub_id.
create schema if not exists pgq_coop;
