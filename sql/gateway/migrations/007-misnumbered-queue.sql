-- A queue is misnumbered when transaction ids that are stored with it are ahead of this server's, higher than any that it has
-- given out, as after a dump was restored into another server. It is noted until it is repaired: the server's ids may catch
-- up, and then nothing else tells events that came since from those that every tick covers.
create table pgq_gateway.misnumbered_queue (
    queue_id    int4 primary key,
    -- This is the newest tick that is ahead; it is null where only events or the steps of a rotation are.
    tick_id     bigint,
    found_at    timestamptz not null default now()
);
