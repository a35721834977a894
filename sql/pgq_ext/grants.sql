-- Everything is withdrawn first, because CREATE OR REPLACE keeps the grants of an older version.
grant usage on schema pgq_ext to public;

revoke all on all functions in schema pgq_ext from public, pgq_reader, pgq_writer, pgq_admin;

grant execute on function pgq_ext.version() to public;

grant execute on function
    pgq_ext.is_batch_done(text, text, bigint),
    pgq_ext.is_batch_done(text, bigint),
    pgq_ext.set_batch_done(text, text, bigint),
    pgq_ext.set_batch_done(text, bigint),
    pgq_ext.get_last_tick(text, text),
    pgq_ext.get_last_tick(text),
    pgq_ext.set_last_tick(text, text, bigint),
    pgq_ext.set_last_tick(text, bigint),
    pgq_ext.is_event_done(text, text, bigint, bigint),
    pgq_ext.is_event_done(text, bigint, bigint),
    pgq_ext.set_event_done(text, text, bigint, bigint),
    pgq_ext.set_event_done(text, bigint, bigint)
to pgq_writer;

grant execute on function pgq_ext.upgrade_schema() to pgq_admin;
