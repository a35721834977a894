import pg from 'pg'
import { sleep } from '../async/backoff.ts'
import { PgqError } from '../errors.ts'
import { lockTimeout } from '../postgres/sqlstate.ts'

/** Longest wait for locks, all tries together (milliseconds). */
const PATIENCE_MS = 60_000
/** Pause in which those go on who have waited behind a try (milliseconds). */
const PAUSE_MS = 300

/** SQLSTATE of a transaction that was ended to resolve a deadlock. */
const deadlock = '40P01'

/** Who waits for locks, and who is told of it. */
export interface Waiting {
  client: pg.ClientBase
  /** Is called with a sentence that names whom the wait is for, once for each. */
  onWait?: ((sentence: string) => void) | undefined
}

/**
 * Tries again where a lock was not to be had within a second, or a deadlock came: whoever works with PgQ waits behind
 * one try, and not behind the session that holds the lock.
 *
 * @param work Leaves no transaction open when it fails.
 */
export async function patiently<Result>(
  { client, onWait }: Waiting,
  work: () => Promise<Result>,
): Promise<Result> {
  const endsAtMs = performance.now() + PATIENCE_MS
  let told = ''
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const isLocked = error instanceof pg.DatabaseError && [lockTimeout, deadlock].includes(error.code ?? '')
      if (!isLocked) throw error
      if (performance.now() > endsAtMs) {
        const message = `A transaction keeps tables of PgQ locked: ${error.message}. End it; pg_blocking_pids names it.`
        throw new PgqError('UNAVAILABLE', message, { cause: error })
      }
      const users = onWait ? await readUsers(client) : ''
      if (users !== '' && users !== told)
        onWait?.(`Waiting for the end of transactions that use PgQ: ${users}`)
      told = users
      await sleep(PAUSE_MS)
    }
  }
}

/** Names the sessions that have had something of PgQ locked for a second, the one with the oldest transaction first. */
async function readUsers(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ users: string }>(
    `select coalesce(string_agg(format('process %s%s', u.pid, ' (' || nullif(concat_ws(', ', u.program, u.state), '') || ')'), '; '
                                order by u.began nulls last, u.pid), '') as users
       from (select distinct l.pid, nullif(a.application_name, '') as program, a.state, a.xact_start as began
               from pg_locks l
               join pg_class c on c.oid = l.relation
               join pg_namespace n on n.oid = c.relnamespace
               left join pg_stat_activity a on a.pid = l.pid
              where l.granted and l.pid is not null and l.pid <> pg_backend_pid()
                and l.database = (select oid from pg_database where datname = current_database())
                and coalesce(a.xact_start < now() - interval '1 second', true)
                and n.nspname in ('pgq', 'pgq_coop', 'pgq_ext', 'pgq_gateway')) u`,
  )
  return rows[0]?.users ?? ''
}
