import pg from 'pg'
import { type ErrorCode, PgqError } from '../errors.ts'
import { type BoundedRows, queryBounded } from './bounded-query.ts'
import { meaningOf, misnumberedQueue, readOnly, refusalOf } from './sqlstate.ts'

/** Lends connections, each until its `release`. */
export interface Lender {
  connect(): Promise<pg.PoolClient>
}

/**
 * What a statement is for, beside the work on queues: to settle batches, or to show what is there. No kind takes every
 * connection of its role; listings have a few of their own, and scrapes of monitoring have one, and little time.
 */
export type StatementKind = 'settlement' | 'listing' | 'scrape'

/** Database role of PgQ. An admin may do everything that a reader and a writer may. */
export type Role = 'reader' | 'writer' | 'admin'

/** What runs on a connection. `name` makes it a prepared statement, so equal names must go with equal texts. */
export interface Query {
  name: string
  text: string
  /** Set where it inserts events: code for one that a constraint or a trigger of the operator's refuses. */
  refusalCode?: ErrorCode | undefined
}

/** One SQL statement, with the role that it always runs as: the least that may do it. */
export interface Statement extends Query {
  role: Role
  kind?: StatementKind
}

/**
 * Runs a query on a connection that it is lent, and returns its rows.
 *
 * @throws PgqError with the code that `sqlstate.ts` gives; `UNAVAILABLE` where the connection failed. An error with
 *   an SQLSTATE outside that table is thrown unchanged: it is a bug, to be masked and logged by the caller.
 */
export async function call<Row>(lender: Lender, query: Query, values: readonly unknown[]): Promise<Row[]> {
  return run(lender, query, async (client) => {
    const { name, text } = query
    const result = await client.query<Row & pg.QueryResultRow>({ name, text, values: [...values] })
    return result.rows
  })
}

/** Runs a query like `call`, and keeps only the rows that fit. */
export function callBounded<Row>(
  lender: Lender,
  query: Query,
  values: readonly unknown[],
  maxBytes: number,
): Promise<BoundedRows<Row>> {
  const { name, text } = query
  return run(lender, query, (client) =>
    queryBounded<Row>(client, { name, text, values: [...values] }, maxBytes),
  )
}

/** Runs a query, and once more where it met an upgrade of the schemas: nothing of it was done then. */
async function run<Result>(
  lender: Lender,
  { refusalCode }: Query,
  ask: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  try {
    return await runOnce(lender, ask).catch((error: unknown) => {
      if (isUpgraded(error)) return runOnce(lender, ask)
      throw error
    })
  } catch (error) {
    throw toPgqError(error, refusalCode)
  }
}

async function runOnce<Result>(
  lender: Lender,
  ask: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await connect(lender)
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
    throw error
  } finally {
    client.off('error', ignore)
    client.release(broken)
  }
}

/**
 * SQLSTATEs with which a statement can fail that was under way, or prepared, when a function, view or column that it
 * uses was replaced. XX000 is that of a function that was dropped while it ran.
 */
const upgraded: ReadonlySet<string | undefined> = new Set([
  '0A000',
  '42703',
  '42804',
  '42883',
  '42P01',
  'XX000',
])

function isUpgraded(error: unknown): boolean {
  return error instanceof pg.DatabaseError && upgraded.has(error.code)
}

/** Says whether a statement failed for want of a schema, table or function. */
export function isMissingObject(error: unknown): boolean {
  return error instanceof pg.DatabaseError && ['3F000', '42P01', '42883'].includes(error.code ?? '')
}

/** Says whether a queue was not ticked because it is misnumbered. */
export function isMisnumbered(error: unknown): error is PgqError {
  return error instanceof PgqError && error.sqlstate === misnumberedQueue
}

/** Says whether a server, or a session by its defaults, has refused a write. */
export function isReadOnly(error: unknown): boolean {
  const sqlstate =
    error instanceof pg.DatabaseError ? error.code : error instanceof PgqError && error.sqlstate
  return sqlstate === readOnly
}

async function connect(lender: Lender): Promise<pg.PoolClient> {
  try {
    return await lender.connect()
  } catch (error) {
    const known = toPgqError(error)
    if (!(error instanceof pg.DatabaseError)) throw known
    if (known instanceof PgqError && connectionCodes.has(known.code)) throw known
    // Such as 22023 for a role that is not there, or 55000 for a database that lets nobody in.
    throw new PgqError('UNAVAILABLE', genericMessages.UNAVAILABLE, { cause: error })
  }
}

/** Codes that an error of connecting can have. */
const connectionCodes: ReadonlySet<ErrorCode> = new Set(['UNAVAILABLE', 'FORBIDDEN'])

/**
 * SQLSTATEs after which a connection is not used again: a time-out, a cached plan that does not fit, and a write that is
 * refused, since a new connection may meet another server, or another setting of the database.
 */
const distrusted: ReadonlySet<string | undefined> = new Set(['57014', '0A000', readOnly])

/** Says whether the statement failed and left its connection usable. */
function isStatementError(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.severity === 'ERROR' && !distrusted.has(error.code)
}

/**
 * Turns an error of the driver or the server into a `PgqError`; an unexpected one is returned unchanged.
 *
 * @param refusalCode See `Query`.
 */
export function toPgqError(error: unknown, refusalCode?: ErrorCode): unknown {
  if (error instanceof PgqError || error instanceof TypeError || error instanceof RangeError) return error
  if (error instanceof pg.DatabaseError) {
    dropValues(error)
    const sqlstate = error.code ?? ''
    const refusal = refusalCode && refusalOf(sqlstate, error.table, refusalCode)
    const meaning = refusal ?? meaningOf(sqlstate)
    if (!meaning) return error
    const hidden = refusal ? 'A trigger of the queue refuses an event' : genericMessages[meaning.code]
    const message = meaning.showMessage ? error.message : hidden
    return new PgqError(meaning.code, message ?? meaning.code, {
      sqlstate,
      cause: error,
      isUnexplained: meaning.isUnexplained ?? false,
      ...(sqlstate.startsWith('PQ') && error.column && { field: error.column }),
    })
  }
  return new PgqError('UNAVAILABLE', genericMessages.UNAVAILABLE, { cause: error })
}

/** Takes rows and values out of an error, since it may be logged: they are payloads. */
function dropValues(error: pg.DatabaseError): void {
  error.detail = undefined
  // Lines about functions say where in them it happened; other lines quote what was read there, such as JSON.
  const lines = error.where?.split('\n').filter((line) => line.startsWith('PL/pgSQL function '))
  if (lines) error.where = lines.join('\n')
}

const genericMessages = {
  UNAVAILABLE: 'The database cannot be reached or is busy; try again.',
  TIMEOUT: 'The statement took longer than the server allows and was cancelled; try again or ask for less.',
  FORBIDDEN: 'The database role of this gateway may not do that',
  LIMIT_EXCEEDED: 'A limit of PostgreSQL was exceeded; send less at once.',
} as Partial<Record<string, string>> & { UNAVAILABLE: string }
