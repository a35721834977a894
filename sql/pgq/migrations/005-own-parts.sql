-- As in PgQ 3.5, pgq_admin may write pgq.queue, and functions that run with the rights of their owner put these names into
-- statements. So a queue has the names that pgq.create_queue gives, and its row can lead to nothing else.
alter table pgq.queue add constraint queue_own_parts check (
    queue_data_pfx = 'pgq.event_' || queue_id
    and queue_event_seq = 'pgq.event_' || queue_id || '_id_seq'
    and queue_tick_seq = 'pgq.event_' || queue_id || '_tick_seq');
