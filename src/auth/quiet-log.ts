import type { Logger } from 'pino'

/** Time in which the same is told once (milliseconds). */
const REPEAT_MS = 10_000

/** Logs what strangers can cause: the same at most once in ten seconds, with the number of those that were left out. */
export class QuietLog {
  readonly #logger: Logger
  readonly #told = new Map<string, { atMs: number; untold: number }>()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** @param message One of few texts; what differs goes into the details. */
  tell(level: 'info' | 'warn', message: string, details: Readonly<Record<string, unknown>>): void {
    const nowMs = performance.now()
    const last = this.#told.get(message)
    if (last && nowMs - last.atMs < REPEAT_MS) {
      last.untold++
      return
    }
    this.#told.set(message, { atMs: nowMs, untold: 0 })
    const untold = last?.untold ?? 0
    this.#logger[level]({ ...details, ...(untold > 0 && { alsoBefore: untold }) }, message)
  }
}
