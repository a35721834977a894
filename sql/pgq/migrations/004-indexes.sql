-- Upstream has neither. The members of a cooperative consumer share its sub_id, by which they are looked for at each batch; and the
-- retries of a queue are counted, moved and dropped without a look at those of others.
create index if not exists subscription_sub_id_idx on pgq.subscription (sub_id);
create index if not exists rq_queue_idx on pgq.retry_queue (ev_queue, ev_retry_after);
