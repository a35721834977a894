import pg from 'pg'
import { backoffMs, sleep } from '../async/backoff.ts'
import { call } from '../postgres/call.ts'
import { Session } from '../postgres/session.ts'
import type { ErrorLog } from './error-log.ts'

export interface MaintenanceOptions {
  /** Between rotations. Milliseconds. */
  maintenanceMs: number
  /** Between checks whether an event of the retry queue is due. Milliseconds. */
  retryMs: number
}

export interface MaintenanceContext {
  /** For a connection that lasts as long as one round of maintenance, without time-outs. */
  connectionConfig: () => pg.ClientConfig
  /** For the retry queue. */
  pool: pg.Pool
  options: MaintenanceOptions
  errors: ErrorLog
  /** Events came back from the retry queue. */
  onRetried: () => void
}

/** A function that wants to be called again and again is left alone after this, until the next round. */
const maxRepeats = 10_000

const readNextRetry = { name: 'next_retry_ms', text: 'select pgq_gateway.next_retry_ms() as ms' }
const moveRetries = { name: 'maint_retry_events', text: 'select pgq_gateway.maint_retry_events() as count' }

/** Does for one database what pgqd does beside ticking, until the signal. Never throws. */
export async function maintain(context: MaintenanceContext, signal: AbortSignal): Promise<void> {
  await Promise.all([returnRetries(context, signal), rotate(context, signal)])
}

/** Puts events of the retry queue back when they are due. One index probe per `retryMs` while none is. */
async function returnRetries(context: MaintenanceContext, signal: AbortSignal): Promise<void> {
  const { pool, errors, onRetried } = context
  const { retryMs } = context.options
  for (let failures = 0; !signal.aborted; ) {
    try {
      const [next] = await call<{ ms: number | null }>(pool, readNextRetry, [])
      const dueInMs = next?.ms ?? retryMs
      if (dueInMs <= 0 && (await moveDueRetries(pool, signal))) onRetried()
      errors.worked('the retry queue')
      failures = 0
      await sleep(Math.min(Math.max(dueInMs, 10), retryMs), signal)
    } catch (error) {
      errors.failed('the retry queue', error)
      await sleep(backoffMs(failures++, { firstMs: 2 * retryMs, maxMs: 20_000 }), signal)
    }
  }
}

/** @returns whether any event came back. */
async function moveDueRetries(pool: pg.Pool, signal: AbortSignal): Promise<boolean> {
  let total = 0
  for (let moved = 1; moved > 0 && !signal.aborted; total += moved) {
    const [row] = await call<{ count: number }>(pool, moveRetries, [])
    moved = row?.count ?? 0
  }
  return total > 0
}

async function rotate(context: MaintenanceContext, signal: AbortSignal): Promise<void> {
  const { maintenanceMs } = context.options
  for (let failures = 0; !signal.aborted; ) {
    let delayMs = maintenanceMs
    try {
      await runMaintenance(context, signal)
      context.errors.worked('maintenance')
      failures = 0
    } catch (error) {
      if (signal.aborted) return
      context.errors.failed('maintenance', error)
      delayMs = backoffMs(failures++, { firstMs: 1_000, maxMs: Math.min(20_000, maintenanceMs) })
    }
    await sleep(delayMs, signal)
  }
}

interface Operation {
  func_name: string | null
  func_arg: string | null
}

/**
 * One round of `pgq.maint_operations()`: each row in order and in a transaction of its own, which the two steps of a
 * rotation need. A row that fails is reported and does not keep the next from its turn.
 *
 * @throws when the list cannot be had or the connection fails.
 */
export async function runMaintenance(context: MaintenanceContext, signal: AbortSignal): Promise<void> {
  // Rotation and vacuum take the time that they take.
  const config = { ...context.connectionConfig(), statement_timeout: 0, query_timeout: 0 }
  const limits = { connectDeadlineMs: 10_000, answerDeadlineMs: 24 * 3_600_000, closeDeadlineMs: 1_000 }
  const session = new Session(config, limits)
  const onAbort = () => session.cut()
  signal.addEventListener('abort', onAbort)
  try {
    await session.open(() => session.client.connect())
    const { rows } = await session.query<Operation>('select func_name, func_arg from pgq.maint_operations()')
    for (const operation of rows) {
      if (signal.aborted) return
      const subject = `maintenance ${operation.func_name} ${operation.func_arg ?? ''}`.trim()
      try {
        await runOperation(session, operation)
        context.errors.worked(subject)
      } catch (error) {
        if (session.isOver) throw error
        context.errors.failed(subject, error)
      }
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    await session.close()
  }
}

async function runOperation(session: Session, { func_name, func_arg }: Operation): Promise<void> {
  // What an operator's queue_extra_maint may hold.
  if (func_name === null) return
  const vacuum = /^vacuum( analyze)?$/i.exec(func_name)
  if (vacuum) {
    // Only a table's owner may vacuum it: the login, not pgq_admin.
    await session.query('set role none')
    await session.query(`vacuum ${vacuum[1] ? 'analyze ' : ''}${quoteQualified(func_arg ?? '')}`)
    await session.query('reset role')
    return
  }
  const args = func_arg === null ? [] : [func_arg]
  const text = `select * from ${quoteQualified(func_name)}(${args.map(() => '$1').join()}) as answer`
  for (let repeat = 0; repeat < maxRepeats; repeat++) {
    const { rows } = await session.query<{ answer: unknown }>(text, args)
    // Non-zero: call me again.
    if (!Number(rows[0]?.answer ?? 0)) return
  }
}

/** PgQ's `quote_fqname`: split at the first dot; without one the schema is `public`. */
function quoteQualified(name: string): string {
  const dot = name.indexOf('.')
  const [schema, object] = dot < 0 ? ['public', name] : [name.slice(0, dot), name.slice(dot + 1)]
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(object)}`
}
