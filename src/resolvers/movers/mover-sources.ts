import type { Int8 } from '../../int8.ts'
import type { Statement } from '../../postgres/call.ts'
import type { Database } from '../../postgres/database.ts'

/** How far a mover is with a source, according to its target. */
export interface MoverSourceRow {
  mover: string
  isPaused: boolean
  /** Null in the one row of a paused mover without sources. */
  source: string | null
  lastTickId: Int8 | null
  eventsMoved: Int8 | null
  movedAt: string | null
  stoppedBecause: string | null
}

const sourcesStatement: Statement = {
  name: 'mover-sources',
  role: 'reader',
  text: `select mover, is_paused as "isPaused", source, last_tick as "lastTickId", events_moved as "eventsMoved",
      moved_at as "movedAt", stopped_because as "stoppedBecause"
    from pgq_gateway.mover_sources($1)`,
}

/** Finds what a target knows of the sources of movers. @param movers Null for all of them. */
export function findMoverSources(
  database: Database,
  movers: readonly string[] | null,
): Promise<MoverSourceRow[]> {
  return database.call<MoverSourceRow>(sourcesStatement, [movers])
}

const stopStatement: Statement = {
  name: 'stop-mover-source',
  role: 'writer',
  text: 'select pgq_gateway.stop_mover_source($1, $2, $3)',
}

/** Stops a source until it is reset. @param reason Shown to people. */
export async function stopMoverSource(
  database: Database,
  { mover, source, reason }: { mover: string; source: string; reason: string },
): Promise<void> {
  await database.call(stopStatement, [mover, source, reason])
}

const pauseStatement: Statement = {
  name: 'pause-mover',
  role: 'admin',
  text: 'select pgq_gateway.pause_mover($1, $2) as changed',
}

/** Pauses a mover in every gateway, or lets it go on. Returns whether that changed anything. */
export async function pauseMover(database: Database, mover: string, isPaused: boolean): Promise<boolean> {
  const [row] = await database.call<{ changed: boolean }>(pauseStatement, [mover, isPaused])
  return row?.changed ?? false
}

const resetStatement: Statement = {
  name: 'reset-mover',
  role: 'admin',
  text: 'select pgq_gateway.reset_mover($1, $2) as source',
}

/**
 * Forgets how far a mover is with a source, so that it goes on wherever its consumer is. Events may be missing or come twice.
 *
 * @param source Null for all that are stopped.
 * @returns The sources.
 */
export async function resetMover(
  database: Database,
  mover: string,
  source: string | null,
): Promise<string[]> {
  const rows = await database.call<{ source: string }>(resetStatement, [mover, source])
  return rows.map((row) => row.source)
}
