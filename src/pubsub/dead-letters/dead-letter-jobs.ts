import { PgqError } from '../../errors.ts'
import type { DatabaseView } from '../../resolvers/database-view.ts'
import type { DeadLetterAction, MatchingLetters } from '../../resolvers/dead-letters/matching-dead-letters.ts'
import { DeadLetterJob, type JobReport } from './dead-letter-job.ts'

/** Maximum number of jobs that run at the same time on one database. */
const MAX_RUNNING = 4
/** Number of jobs that are remembered, the last ones that have ended. */
const MAX_ENDED = 100

/** Holds the jobs of this process on the dead letters of a database. */
export class DeadLetterJobs {
  readonly #jobs = new Map<string, DeadLetterJob>()
  #isClosed = false

  /**
   * Begins a job, which goes on without its caller.
   *
   * @param range What it is about: the number of dead letters, and the newest of them.
   * @param onEnd Told of its end once.
   * @throws PgqError `LIMIT_EXCEEDED` where too many run already; `UNAVAILABLE` at shutdown.
   */
  start(
    view: DatabaseView,
    action: DeadLetterAction,
    letters: MatchingLetters,
    range: { count: string; lastId: string | null },
    startedBy: string,
    onEnd: (report: JobReport) => void,
  ): DeadLetterJob {
    if (this.#isClosed)
      throw new PgqError('UNAVAILABLE', 'This server is shutting down; start the job on another one')
    const running = [...this.#jobs.values()].filter((job) => job.report.state === 'running')
    if (running.length >= MAX_RUNNING) {
      const message = `${MAX_RUNNING} jobs run on the dead letters of this database; wait for one, or cancel it`
      throw new PgqError('LIMIT_EXCEEDED', message)
    }
    const job = new DeadLetterJob(view, action, letters, range, startedBy)
    this.#jobs.set(job.report.jobId, job)
    void job.run().then((report) => {
      this.#forgetOldest()
      onEnd(report)
    })
    return job
  }

  get(jobId: string): DeadLetterJob | undefined {
    return this.#jobs.get(jobId)
  }

  /** Lists the jobs, in the order in which they were started. */
  reports(): JobReport[] {
    return [...this.#jobs.values()].map((job) => job.report)
  }

  /** Cancels the jobs, and resolves when none is at work any more. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#jobs.values()].map((job) => job.cancel()))
  }

  #forgetOldest(): void {
    const ended = [...this.#jobs].filter(([, job]) => job.report.state !== 'running')
    for (const [jobId] of ended.slice(0, Math.max(0, ended.length - MAX_ENDED))) this.#jobs.delete(jobId)
  }
}
