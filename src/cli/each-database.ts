import type { Logger } from 'pino'
import { Overtaking } from '../async/overtaking.ts'
import type { DatabaseEntry } from '../config/databases.ts'
import { reasonOf } from '../reason.ts'
import { CliError } from './connect.ts'

/** Number of databases that are worked on at once, but for those that take longer than the time below. */
const AT_ONCE = 8
const PATIENCE_MS = 1_000
/** Time between two lines that say how far the work is (milliseconds). */
const PROGRESS_MS = 2_000

/** What came of a database. */
export type Outcome<Result> = { name: string; result: Result } | { name: string; error: Error }

/** Works on databases side by side, telling how far that is where it takes long. One that fails stops no other. */
export async function eachDatabase<Result>(
  entries: readonly DatabaseEntry[],
  logger: Logger,
  work: (entry: DatabaseEntry) => Promise<Result>,
): Promise<Outcome<Result>[]> {
  const places = new Overtaking(AT_ONCE, PATIENCE_MS)
  let doneCount = 0
  const tell = () => logger.info(`${doneCount} of ${entries.length} databases are done`)
  const timer = entries.length > 1 ? setInterval(tell, PROGRESS_MS) : undefined
  try {
    return await Promise.all(
      entries.map(async (entry): Promise<Outcome<Result>> => {
        const { name } = entry
        try {
          return { name, result: await places.run(() => work(entry)) }
        } catch (error) {
          return { name, error: error instanceof Error ? error : new Error(reasonOf(error)) }
        } finally {
          doneCount++
        }
      }),
    )
  } finally {
    clearInterval(timer)
  }
}

/** Says which databases failed. @throws the error itself where there is only one database; else CliError. */
export function throwFailures(outcomes: readonly Outcome<unknown>[]): void {
  const failures = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome] : []))
  const [first] = failures
  if (!first) return
  if (outcomes.length === 1) throw first.error
  const lines = failures.map(({ name, error }) => `\n  ${name}: ${error.message}`)
  throw new CliError(`${failures.length} of ${outcomes.length} databases:${lines.join('')}`)
}
