import type { Logger } from 'pino'
import type { LiveDatabase } from '../database/live-database.ts'

/** Time between two lines (milliseconds). */
const PROGRESS_MS = 2_000

/** Logs how many databases have started, whenever that has grown; why one does not has lines of its own. */
export function tellStarts(databases: readonly LiveDatabase[], logger: Logger, shutdown: AbortSignal): void {
  if (databases.length < 2 || shutdown.aborted) return
  let started = 0
  let told = 0
  const tell = () => {
    if (started === told) return
    told = started
    logger.info(`${started} of ${databases.length} databases have started`)
    if (started === databases.length) clearInterval(timer)
  }
  const timer = setInterval(tell, PROGRESS_MS)
  shutdown.addEventListener('abort', () => clearInterval(timer), { once: true })
  for (const database of databases) void database.ready().then(() => started++)
}
