-- Repairs a queue that is noted as misnumbered: gives its ticks and events transaction ids of this server, in the order of the old
-- ones. Ticks keep their ids and times, events their ids and all else. So every batch, open or to come, has the events that it
-- had, and what no tick covered comes after the newest tick. Returns how many ticks and events there are, and how many of the
-- events come after the newest tick. The queue must be noted.
--
-- The caller has locked PgQ's tables ACCESS EXCLUSIVE: who has read a tick must not read events that are numbered anew. The
-- event tables are locked SHARE ROW EXCLUSIVE here. Where missing_txids is positive, ticks stay as they are and the caller must
-- roll back. Needs the rights of the owner of the event tables.
--
-- Events that came after the restore have low ids, and so may those from before, where the old server was little further than
-- this one. An event counts as new where its row says so (xmin), where its event id is above that of the newest tick, and
-- where it is a retry. What is taken for new in error comes again; nothing that is new is lost.
-- Grant: nobody
create or replace function pgq_gateway.repair_queue(
    i_queue_id int4, out tick_count bigint, out event_count bigint, out pending_count bigint)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    q pgq.queue;
    own bigint := txid_current();
    present txid_snapshot;
    -- How many ticks there were up to the newest that is ahead; all of them when none is.
    old_ticks bigint;
    -- The newest of them has counted events up to this one; null when none is ahead.
    old_event_seq bigint;
    first_txid bigint;
    event_table regclass;
    changed record;
begin
    perform pgq_gateway._check_parts(i_queue_id);
    select * into q from pgq.queue where queue_id = i_queue_id;
    execute 'lock table ' || q.queue_data_pfx || ' in share row exclusive mode';
    present := pgq_gateway._open_snapshot();
    select count(*), count(*) filter (where t.tick_id <= a.tick_id), max(t.tick_event_seq) filter (where t.tick_id <= a.tick_id)
      into tick_count, old_ticks, old_event_seq
      from pgq_gateway.misnumbered_queue a
      join pgq.tick t on t.tick_queue = a.queue_id
     where a.queue_id = i_queue_id;
    if old_ticks = 0 then
        old_ticks := tick_count;
    end if;
    first_txid := txid_snapshot_xmin(present) - tick_count;
    event_count := 0;
    pending_count := 0;

    for event_table in
        select leaf from generate_series(0, q.queue_ntables - 1) n cross join to_regclass(q.queue_data_pfx || '_' || n) leaf
         where leaf is not null
    loop
        execute format($sql$
            with tick as materialized (
                select row_number() over (order by tick_id) as n, tick_snapshot as snapshot from pgq.tick where tick_queue = $1),
            -- A tick does not see events of transactions that its snapshot ends before, or that it lists. These are the last
            -- ticks that do not see those of a transaction: among the old ticks, and from the newest of them on.
            ended as (
                select txid, is_event,
                       max(n) filter (where n <= $2) over before as early, max(n) filter (where n >= $2) over before as late
                  from (select txid_snapshot_xmax(snapshot), n, false from tick
                         union all
                        select distinct ev_txid, null::bigint, true from only %1$s) bound (txid, n, is_event)
                window before as (order by txid, is_event rows unbounded preceding)),
            listed as (
                select x as txid, max(n) filter (where n <= $2) as early, max(n) filter (where n >= $2) as late
                  from tick cross join txid_snapshot_xip(snapshot) x
                 group by x),
            unseen as (
                select e.txid, greatest(e.early, l.early) as early, greatest(e.late, l.late) as late
                  from ended e
                  left join listed l on l.txid = e.txid
                 where e.is_event),
            changed as (
                update only %1$s e
                   set ev_txid = coalesce($6 + nullif(
                           case when e.ev_txid < txid_snapshot_xmax($4)
                                     and (e.ev_id > $3 or $3 is not null and (e.ev_owner is not null
                                          or e.xmin::text::bigint = e.ev_txid %% 4294967296))
                                then coalesce(u.late, $5)
                                when u.early = $2 then u.late
                                else coalesce(u.early, 0) end, $5), $7)
                  from unseen u
                 where u.txid = e.ev_txid
                returning e.ev_txid)
            select count(*) as events, count(*) filter (where ev_txid = $7) as pending from changed$sql$, event_table)
           into changed
          using i_queue_id, old_ticks, old_event_seq, present, tick_count, first_txid, own;
        event_count := event_count + changed.events;
        pending_count := pending_count + changed.pending;
    end loop;

    if first_txid > 0 then
        update pgq.tick t
           set tick_snapshot = case o.n when tick_count then present
                                    else format('%1$s:%1$s:', first_txid + o.n)::txid_snapshot end
          from (select k.tick_id, row_number() over (order by k.tick_id) as n from pgq.tick k where k.tick_queue = i_queue_id) o
         where t.tick_queue = i_queue_id and t.tick_id = o.tick_id;
    end if;
    -- Who is at one of these ticks searches the previous and the current table, and there is no rotation before every
    -- consumer is past them.
    update pgq.queue set queue_switch_step1 = 1, queue_switch_step2 = own where queue_id = i_queue_id;
    delete from pgq_gateway.misnumbered_queue where queue_id = i_queue_id;
    perform pg_notify('pgq_gateway', '{"kind":"misnumbered"}');
end $$;
