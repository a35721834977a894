-- Every opened and every finished batch leaves a dead row in pgq.subscription, which only VACUUM removes since sub_batch is indexed.
-- So autovacuum comes early, however many consumers there are; the table's fillfactor leaves room for new versions.
alter table pgq.subscription set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50);
