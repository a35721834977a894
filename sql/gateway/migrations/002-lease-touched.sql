-- Databases from before migrations may have the table of leases without touched_at, and with a column that nothing reads.
alter table pgq_gateway.lease add column if not exists touched_at timestamptz;
alter table pgq_gateway.lease drop column if exists settled_token;
