import type pg from 'pg'

export interface Lease {
  /** Rank among all leases. */
  readonly place: number
  /** Time by `performance.now()`. */
  readonly openedAt: number
}

/** SQL that logs the leases of a database in the order in which they are given. */
export const createLeaseLog = `
  create table if not exists lease_log (
    place bigint generated always as identity, token uuid, opened_at timestamptz default clock_timestamp());
  create or replace function log_lease() returns trigger language plpgsql security definer set search_path = public as $$
  begin
    insert into lease_log (token) values (new.token);
    return null;
  end $$;
  create or replace trigger lease_log after insert or update of token on pgq_gateway.lease
    for each row when (new.token is not null) execute function log_lease()`

/** Reads the log. @returns leases by token, in their order. */
export async function readLeaseLog(client: pg.Client): Promise<ReadonlyMap<string, Lease>> {
  const { rows } = await client.query<{ token: string; ms: number }>(
    'select token, (1000 * extract(epoch from opened_at))::float8 as ms from lease_log order by place',
  )
  return new Map(
    rows.map(({ token, ms }, place) => [token, { place, openedAt: ms - performance.timeOrigin }]),
  )
}
