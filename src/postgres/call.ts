import pg from 'pg'
import { PgqError } from '../errors.ts'
import { type BoundedRows, queryBounded } from './bounded-query.ts'
import { meaningOf } from './sqlstate.ts'

/** One SQL statement. `name` makes it a prepared statement, so equal names must go with equal texts. */
export interface Statement {
  name: string
  text: string
}

/**
 * Runs a statement on a connection of the pool and returns its rows.
 *
 * @throws PgqError with the code that `sqlstate.ts` gives; `UNAVAILABLE` where the connection failed. An error with
 *   an SQLSTATE outside that table is thrown unchanged: it is a bug, to be masked and logged by the caller.
 */
export async function call<Row>(
  pool: pg.Pool,
  statement: Statement,
  values: readonly unknown[],
): Promise<Row[]> {
  return run(pool, async (client) => {
    const result = await client.query<Row & pg.QueryResultRow>({ ...statement, values: [...values] })
    return result.rows
  })
}

/** Runs a statement like `call`, and keeps only the rows that fit. */
export function callBounded<Row>(
  pool: pg.Pool,
  statement: Statement,
  values: readonly unknown[],
  maxBytes: number,
): Promise<BoundedRows<Row>> {
  return run(pool, (client) => queryBounded<Row>(client, { ...statement, values: [...values] }, maxBytes))
}

async function run<Result>(pool: pg.Pool, ask: (client: pg.PoolClient) => Promise<Result>): Promise<Result> {
  const client = await connect(pool)
  let broken = true
  // A connection can die while it is checked out; without a listener that would end the process.
  const ignore = () => {}
  client.on('error', ignore)
  try {
    const result = await ask(client)
    broken = false
    return result
  } catch (error) {
    broken = !isStatementError(error)
    throw toPgqError(error)
  } finally {
    client.off('error', ignore)
    client.release(broken)
  }
}

/** Says whether a statement failed for want of a schema, table or function. */
export function isMissingObject(error: unknown): boolean {
  return error instanceof pg.DatabaseError && ['3F000', '42P01', '42883'].includes(error.code ?? '')
}

async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect()
  } catch (error) {
    throw toPgqError(error)
  }
}

/** Says whether the statement failed and left its connection usable; after a time-out it is not trusted. */
function isStatementError(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.severity === 'ERROR' && error.code !== '57014'
}

/** Turns an error of the driver or the server into a `PgqError`; an unexpected one is returned unchanged. */
export function toPgqError(error: unknown): unknown {
  if (error instanceof PgqError || error instanceof TypeError || error instanceof RangeError) return error
  if (error instanceof pg.DatabaseError) {
    const sqlstate = error.code ?? ''
    const meaning = meaningOf(sqlstate)
    if (!meaning) return error
    const message = meaning.showMessage ? error.message : genericMessages[meaning.code]
    return new PgqError(meaning.code, message ?? meaning.code, {
      sqlstate,
      cause: error,
      ...(sqlstate.startsWith('PQ') && error.hint && { field: error.hint.replace(/^input\./, '') }),
    })
  }
  return new PgqError('UNAVAILABLE', genericMessages.UNAVAILABLE, { cause: error })
}

const genericMessages = {
  UNAVAILABLE: 'The database cannot be reached or is busy; try again.',
  TIMEOUT: 'The statement took longer than the server allows and was cancelled; try again or ask for less.',
  FORBIDDEN: 'The database role of this gateway may not do that.',
  LIMIT_EXCEEDED: 'A limit of PostgreSQL was exceeded; send less at once.',
  INTERNAL: 'The state of the queue in the database is not consistent; see the server log.',
} as Partial<Record<string, string>> & { UNAVAILABLE: string }
