import pg from 'pg'
import { backoffMs, sleep } from '../async/backoff.ts'
import type { ClientOptions } from '../postgres/client.ts'
import type { ErrorLog } from '../postgres/error-log.ts'
import { Session } from '../postgres/session.ts'

export interface MaintenanceOptions {
  /** Time between rotations. Milliseconds. */
  maintenanceMs: number
}

export interface MaintenanceContext {
  /** Connection for a round of maintenance, without a limit for statements: none suits rotation and vacuum. */
  client: ClientOptions
  options: MaintenanceOptions
  errors: ErrorLog
}

/** Largest number of calls of one function in a round, for one that asks to be called again for ever. */
const maxRepeats = 10_000

/** Does maintenance as pgqd does, at regular times until the signal. Never throws. */
export async function maintain(context: MaintenanceContext, signal: AbortSignal): Promise<void> {
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
 * Runs the rows of `pgq.maint_operations()` in order, each in a transaction of its own, which the two steps of a
 * rotation need. A row that fails is logged and does not stop the next.
 *
 * @throws when the list cannot be read or the connection fails.
 */
export async function runMaintenance(context: MaintenanceContext, signal: AbortSignal): Promise<void> {
  const limits = { connectDeadlineMs: 10_000, answerDeadlineMs: 24 * 3_600_000, closeDeadlineMs: 1_000 }
  const session = new Session(context.client, limits)
  const onAbort = () => session.cut()
  signal.addEventListener('abort', onAbort)
  try {
    await session.open(() => session.client.connect())
    const { rows } = await session.query<Operation>('select func_name, func_arg from pgq.maint_operations()')
    context.errors.forgetOthers('maintenance ', new Set(rows.map(subjectOf)))
    for (const operation of rows) {
      if (signal.aborted) return
      const subject = subjectOf(operation)
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

function subjectOf({ func_name, func_arg }: Operation): string {
  return `maintenance ${func_name} ${func_arg ?? ''}`.trim()
}

async function runOperation(session: Session, { func_name, func_arg }: Operation): Promise<void> {
  // An operator's queue_extra_maint may hold a null.
  if (func_name === null) return
  const vacuum = /^vacuum( analyze)?$/i.exec(func_name)
  if (vacuum) {
    // Only a table's owner may vacuum it: the login, not pgq_admin.
    await session.set({ role: 'none' })
    try {
      await session.query(`vacuum ${vacuum[1] ? 'analyze ' : ''}${quoteQualified(func_arg ?? '')}`)
    } finally {
      await session.set({ role: 'pgq_admin' })
    }
    return
  }
  // An operator's own maintenance may count on the path that the database has. PgQ's must not: anybody may own a schema there.
  await session.set({ search_path: func_name.startsWith('pgq.') ? 'pg_catalog, pg_temp' : null })
  const args = func_arg === null ? [] : [func_arg]
  const text = `select * from ${quoteQualified(func_name)}(${args.map(() => '$1').join()}) as answer`
  for (let repeat = 0; repeat < maxRepeats; repeat++) {
    const { rows } = await session.query<{ answer: unknown }>(text, args)
    // Any other answer asks for another call.
    if (!Number(rows[0]?.answer ?? 0)) return
  }
}

/** Quotes like PgQ's `quote_fqname`: splits at the first dot; without one the schema is `public`. */
function quoteQualified(name: string): string {
  const dot = name.indexOf('.')
  const [schema, object] = dot < 0 ? ['public', name] : [name.slice(0, dot), name.slice(dot + 1)]
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(object)}`
}
