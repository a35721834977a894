-- Refuses (PQ018) to tick a queue that is misnumbered (see pgq_gateway.misnumbered_queue), whose new events its newest tick would hide.
-- Grant: pgq_admin
create or replace function pgq_gateway._check_numbering(i_queue_id int4)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (select from pgq_gateway.misnumbered_queue a where a.queue_id = i_queue_id)
       or (select txid_snapshot_xmax(t.tick_snapshot) > txid_snapshot_xmax(txid_current_snapshot())
             from pgq.tick t where t.tick_queue = i_queue_id order by t.tick_id desc limit 1) then
        raise exception 'Transaction ids in queue % are higher than this server''s, as after a dump was restored into it; run "pgq-graphql install --repair"',
                (select pgq_gateway._shown(q.queue_name) from pgq.queue q where q.queue_id = i_queue_id)
            using errcode = 'PQ018';
    end if;
end $$;
