-- Everybody may name the schema; tables are reached through its functions alone.
grant usage on schema pgq_gateway to public;
revoke all on all tables in schema pgq_gateway from public;
grant select on pgq_gateway.queue_info, pgq_gateway.consumer_info, pgq_gateway.batch_info to public;
grant select on pgq_gateway.dead_letter_info to pgq_reader, pgq_admin;
grant select on pgq_gateway.event_type_info to pgq_reader, pgq_admin;
grant select on pgq_gateway.installed, pgq_gateway.migration to public;
