import type { Place } from '../../access/access.ts'
import { PgqError } from '../../errors.ts'
import type { Int8 } from '../../int8.ts'
import type { Context } from '../../resolvers/context.ts'
import type { DeadLetterFilter } from '../../resolvers/dead-letters/dead-letter-filter.ts'
import { choosers, readers } from '../../resolvers/dead-letters/dead-letters.ts'
import { countMatching, type DeadLetterAction } from '../../resolvers/dead-letters/matching-dead-letters.ts'
import { requireGrant } from '../../resolvers/grants.ts'
import type { LiveView } from '../live-view.ts'
import type { Stream } from '../stream.ts'
import type { DeadLetterJob, JobReport } from './dead-letter-job.ts'

interface LiveContext extends Context {
  database(name: string): LiveView
}

/** A choice of all dead letters of a queue, or of a consumer on it, that meet a filter. */
export interface BulkChoice {
  database: string
  queue: string
  consumer?: string | null | undefined
  filter?: DeadLetterFilter | null | undefined
  /** Whether they are only counted. */
  dryRun: boolean
}

/** What was chosen: their number, and the job that works on them. */
export interface BulkAnswer {
  count: Int8
  job: JobReport | null
}

/**
 * Counts dead letters, and begins to requeue or delete them unless it is a dry run.
 *
 * @param onEnd Told of the job's end.
 * @throws PgqError `QUEUE_NOT_FOUND`, `CONSUMER_NOT_FOUND`, `FORBIDDEN`, `LIMIT_EXCEEDED`.
 */
export async function settleAllDeadLetters(
  context: LiveContext,
  action: DeadLetterAction,
  { database, queue, consumer = null, filter = null, dryRun }: BulkChoice,
  onEnd: (report: JobReport) => void,
): Promise<BulkAnswer> {
  const { caller } = context
  requireGrant(caller, { verbs: choosers, place: { database, queue, consumer: consumer ?? undefined } })
  const view = context.database(database)
  const letters = { queue, consumer, filter }
  const range = await countMatching(view, letters)
  if (dryRun) return { count: range.count, job: null }
  const job = view.live.letterJobs.start(view, action, letters, range, caller.name, onEnd)
  return { count: range.count, job: job.report }
}

/** Lists the jobs of this server on dead letters that the caller may read. */
export function deadLetterJobs(context: LiveContext, database: string): JobReport[] {
  return context
    .database(database)
    .live.letterJobs.reports()
    .filter((report) => isVisible(context, report))
}

/** Gives the reports of a job until its end. @throws PgqError `NOT_FOUND`. */
export function watchDeadLetterJob(
  context: LiveContext,
  input: { database: string; id: string },
): Stream<JobReport> {
  return context.database(input.database).live.streams.add(findJob(context, input).watch())
}

/** Cancels a job. @returns Its last report. @throws PgqError `NOT_FOUND`; `FORBIDDEN` for one that the caller may only watch. */
export async function cancelDeadLetterJob(
  context: LiveContext,
  input: { database: string; id: string },
): Promise<JobReport> {
  const job = findJob(context, input)
  requireGrant(context.caller, { verbs: choosers, place: placeOf(job.report) })
  await job.cancel()
  return job.report
}

function findJob(context: LiveContext, { database, id }: { database: string; id: string }): DeadLetterJob {
  const job = context.database(database).live.letterJobs.get(id)
  if (job && isVisible(context, job.report)) return job
  throw new PgqError(
    'NOT_FOUND',
    'This server has no job of that id; it may have been restarted, or another one has the job',
    { field: 'id' },
  )
}

function isVisible({ caller }: Context, report: JobReport): boolean {
  return caller.access.allows([...readers, ...choosers], placeOf(report))
}

function placeOf({ database, queue, consumer }: JobReport): Place {
  return { database, queue, consumer: consumer ?? undefined }
}
