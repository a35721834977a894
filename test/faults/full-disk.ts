/** SQL of a trigger that raises the error of PostgreSQL's storage manager. */
export const createFullDisk = `
  create or replace function public.full_disk() returns trigger language plpgsql as $$
  begin
    raise exception 'could not extend file: No space left on device' using errcode = '53100';
  end $$`

/** Groups of tables that cannot grow. */
export const fullDisks = [
  [
    'events',
    `select inhrelid::regclass as name from pg_inherits where inhparent::regclass::text like 'pgq.event_%'`,
  ],
  ['ticks', `select 'pgq.tick'::regclass as name`],
  ['batches', `select 'pgq.subscription'::regclass as name`],
] as const

export const fillDisk = (table: string) =>
  `create trigger full_disk before insert or update on ${table} for each row execute function public.full_disk()`

export const freeDisk = (table: string) => `drop trigger if exists full_disk on ${table}`
