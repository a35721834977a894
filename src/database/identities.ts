import type pg from 'pg'
import { PgqError } from '../errors.ts'

/** Keeps two names of a gateway from serving one database, which would have two tickers and two holders of each claim. */
export class Identities {
  readonly #names = new Map<string, string>()
  readonly #byName = new Map<string, string>()

  /**
   * Notes which database a name stands for. A login that may not ask is believed.
   *
   * @throws PgqError `BAD_INPUT` where another name stands for it.
   */
  async claim(name: string, client: pg.ClientBase): Promise<void> {
    const identity = await readIdentity(client)
    const holder = identity === null ? undefined : this.#names.get(identity)
    if (holder !== undefined && holder !== name) {
      const message = `this is the database that is served as ${JSON.stringify(holder)} already; remove one of the two`
      throw new PgqError('BAD_INPUT', message)
    }
    this.release(name)
    if (identity === null) return
    this.#names.set(identity, name)
    this.#byName.set(name, identity)
  }

  /** Lets other names stand for the database of this one. */
  release(name: string): void {
    const identity = this.#byName.get(name)
    if (identity !== undefined) this.#names.delete(identity)
    this.#byName.delete(name)
  }
}

/**
 * Checks that a pooler that shares sessions can be used beside a direct connection.
 *
 * @throws with the remedy where it leads to another database, or its sessions begin transactions of another isolation.
 */
export async function checkPooler(pooled: pg.ClientBase, direct: pg.ClientBase): Promise<void> {
  if ((await readIdentity(pooled)) !== (await readIdentity(direct))) {
    throw new Error('its URL and its directUrl lead to two databases; both must lead to one')
  }
  await checkShared(pooled)
}

/** Checks that the server behind a pooler that shares sessions can be used. @throws with the remedy. */
export async function checkShared(pooled: pg.ClientBase): Promise<void> {
  const { rows } = await pooled.query<{ isStandby: boolean; isolation: string }>(
    `select pg_is_in_recovery() as "isStandby", current_setting('transaction_isolation') as isolation`,
  )
  if (rows[0]?.isStandby) throw new Error('its URL leads to a standby, which takes no writes')
  if (rows[0]?.isolation === 'read committed') return
  throw new Error(
    'behind a pooler that shares sessions, default_transaction_isolation of the database and the login must be read committed',
  )
}

/** Reads what no other database has: the server's cluster with the database's oid. @returns Null where that is forbidden. */
async function readIdentity(client: pg.ClientBase): Promise<string | null> {
  const { rows: rights } = await client.query<{ mayAsk: boolean }>(
    `select has_function_privilege('pg_catalog.pg_control_system()', 'execute') as "mayAsk"`,
  )
  if (!rights[0]?.mayAsk) return null
  const { rows } = await client.query<{ identity: string }>(
    `select format('%s/%s', system_identifier, oid) as identity
       from pg_catalog.pg_control_system(), pg_catalog.pg_database where datname = current_database()`,
  )
  return rows[0]?.identity ?? null
}
