import type { Logger } from 'pino'

/** Logs a failure once, again when its message changes, and once when the subject works again. */
export class ErrorLog {
  readonly #logger: Logger
  readonly #last = new Map<string, string>()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  failed(subject: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    if (this.#last.get(subject) === message) return
    this.#last.set(subject, message)
    this.#logger.error({ err: error }, `${subject} fails: ${message}`)
  }

  worked(subject: string): void {
    if (this.#last.delete(subject)) this.#logger.info(`${subject} works again`)
  }

  forget(subject: string): void {
    this.#last.delete(subject)
  }
}
