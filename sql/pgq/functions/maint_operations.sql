-- Lists what maintenance has to do now, in order: functions to call with their argument, and tables to vacuum. Run each row in a
-- transaction of its own.
--
-- Departure: queue_extra_maint may only name functions of trusted owners (superusers and the owner of schema pgq) outside
-- pg_catalog, because the caller runs them with its own rights while pgq_admin may write that column; others are left out with a
-- warning. NULL elements and empty arrays are passed over.
-- Grant: pgq_admin
create or replace function pgq.maint_operations(out func_name text, out func_arg text) returns setof record
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    q record;
    half_done boolean;
    is_trusted boolean;
begin
    select exists (select 1 from pgq.queue where queue_switch_step2 is null) into half_done;
    func_name := 'pgq.maint_rotate_tables_step1';
    for func_arg in
        select queue_name from pgq.queue
         where queue_rotation_period is not null and queue_switch_step2 is not null
           and queue_switch_time + queue_rotation_period < current_timestamp
         order by queue_name
    loop
        half_done := true;
        return next;
    end loop;
    func_arg := null;
    if half_done then
        func_name := 'pgq.maint_rotate_tables_step2';
        return next;
    end if;

    for q in
        select queue_name, m.name
          from pgq.queue cross join lateral pg_catalog.unnest(queue_extra_maint) with ordinality m (name, nr)
         where m.name is not null
         order by queue_name, m.nr
    loop
        select coalesce(pg_catalog.bool_and(r.rolsuper or p.proowner = own.nspowner), false) into is_trusted
          from pg_catalog.pg_proc p
          join pg_catalog.pg_namespace n on n.oid = p.pronamespace
          join pg_catalog.pg_roles r on r.oid = p.proowner
         cross join (select nspowner from pg_catalog.pg_namespace where nspname = 'pgq') own
         where n.nspname not in ('pg_catalog', 'information_schema')
           and pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(p.proname) = pgq.quote_fqname(q.name);
        if is_trusted then
            func_name := q.name;
            func_arg := q.queue_name;
            return next;
        else
            raise warning 'extra maintenance function % of queue % is missing or its owner is not trusted', q.name, q.queue_name;
        end if;
    end loop;

    func_name := 'vacuum';
    for func_arg in select t from pgq.maint_tables_to_vacuum() t loop
        return next;
    end loop;
    if pg_catalog.to_regproc('pgq_node.maint_watermark') is not null then
        func_name := 'pgq_node.maint_watermark';
        for func_arg in execute 'select queue_name from pgq_node.node_info where node_type = ''root'' order by 1' loop
            return next;
        end loop;
    end if;
    if pg_catalog.to_regproc('londiste.root_check_seqs') is not null then
        func_name := 'londiste.root_check_seqs';
        for func_arg in execute
            'select distinct s.queue_name from londiste.seq_info s join pgq_node.node_info n using (queue_name) where n.node_type = ''root'' order by 1'
        loop
            return next;
        end loop;
    end if;
    if pg_catalog.to_regproc('londiste.periodic_maintenance') is not null then
        func_name := 'londiste.periodic_maintenance';
        func_arg := null;
        return next;
    end if;
end;
$$;
