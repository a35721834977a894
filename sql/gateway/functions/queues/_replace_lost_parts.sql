-- Puts empty tables and sequences in the place of those that a queue has lost, so that PgQ can drop it: upstream stops at the
-- first that is not there. What hangs on the queue and is none of its parts, such as a table of it that was renamed, is let go
-- and kept with its events. Changes nothing where no part is lost. Needs the rights of the owner of those tables.
-- Grant: nobody
create or replace function pgq_gateway._replace_lost_parts(i_queue_id int4)
returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    part record;
    tie record;
    present regclass[];
    lost text[] := '{}';
begin
    for part in
        select p.kind, pgq.quote_fqname(p.name) as name, to_regclass(pgq.quote_fqname(p.name)) as id
          from pgq.queue q
         cross join lateral (
               select 'table' as kind, q.queue_data_pfx as name
                union all
               select 'table', q.queue_data_pfx || '_' || n from generate_series(0, q.queue_ntables - 1) n
                union all
               values ('sequence', q.queue_event_seq), ('sequence', q.queue_tick_seq)) p
         where q.queue_id = i_queue_id
    loop
        if part.id is null then
            lost := lost || format('create %s %s', part.kind, part.name || case part.kind when 'table' then ' ()' else '' end);
        else
            present := present || part.id;
        end if;
    end loop;
    if lost = '{}' then
        return;
    end if;
    for tie in
        select i.inhrelid::regclass as holder, format('no inherit %s', i.inhparent::regclass) as cut
          from pg_inherits i
         where i.inhparent = any (present) and i.inhrelid <> all (present)
         union all
        select a.attrelid::regclass, format('alter column %I drop default', a.attname)
          from pg_depend d
          join pg_attrdef f on f.oid = d.objid
          join pg_attribute a on a.attrelid = f.adrelid and a.attnum = f.adnum
         where d.classid = 'pg_attrdef'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = any (present)
           and f.adrelid <> all (present)
    loop
        execute format('alter table %s %s', tie.holder, tie.cut);
    end loop;
    for i in 1 .. cardinality(lost) loop
        execute lost[i];
    end loop;
end $$;
