import type { Logger } from 'pino'
import { PgqError } from '../errors.ts'
import { reasonOf } from '../reason.ts'
import { toPgqError } from './call.ts'
import { isOutage } from './outage.ts'
import type { OutageLog } from './outage-log.ts'

/**
 * Logs a failure once, again when its reason changes, and once when the subject works again. An outage is logged as
 * such elsewhere: what fails with it is logged only if it fails again while the database is there.
 */
export class ErrorLog {
  readonly #logger: Logger
  readonly #outages: OutageLog
  readonly #failing = new Map<string, { reason: string; isTold: boolean; wasTold: boolean }>()

  constructor(logger: Logger, outages: OutageLog) {
    this.#logger = logger
    this.#outages = outages
  }

  /** Reason of the failure that lasts, the newest of several; null while everything works. */
  get latest(): string | null {
    return [...this.#failing.values()].at(-1)?.reason ?? null
  }

  /** Returns the reason of a subject that fails. */
  messageOf(subject: string): string | undefined {
    return this.#failing.get(subject)?.reason
  }

  failed(subject: string, error: unknown): void {
    const reason = reasonOf(error)
    const before = this.#failing.get(subject)
    if (before?.isTold && before.reason === reason) return
    const meaning = toPgqError(error)
    const isToldElsewhere = isOutage(meaning) && (this.#outages.isAway || !before)
    this.#failing.delete(subject)
    const wasTold = (before?.wasTold ?? false) || !isToldElsewhere
    this.#failing.set(subject, { reason, isTold: !isToldElsewhere, wasTold })
    const message = `${subject} fails: ${reason}`
    if (isToldElsewhere) this.#logger.debug({ err: error }, message)
    else if (meaning instanceof PgqError) this.#logger.error(message)
    else this.#logger.error({ err: error }, message)
  }

  worked(subject: string): void {
    if (this.#failing.get(subject)?.wasTold) this.#logger.info(`${subject} works again`)
    this.#failing.delete(subject)
  }

  forget(subject: string): void {
    this.#failing.delete(subject)
  }

  /** Forgets the subjects that begin so and are not among these. */
  forgetOthers(beginning: string, subjects: ReadonlySet<string>): void {
    for (const subject of this.#failing.keys()) {
      if (subject.startsWith(beginning) && !subjects.has(subject)) this.#failing.delete(subject)
    }
  }
}
