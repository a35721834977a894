import type { Logger } from 'pino'
import { formatSeconds } from '../duration.ts'
import { reasonOf } from '../reason.ts'

/** Shortest time between two lines about the same outage (milliseconds). */
const REPEAT_MS = 600_000

/** Logs that a database is away, and that it is back. While it is away, what fails with it need not be told. */
export class OutageLog {
  readonly #name: string
  readonly #logger: Logger
  #away: { sinceMs: number; toldMs: number; reason: string } | undefined

  constructor(name: string, logger: Logger) {
    this.#name = name
    this.#logger = logger
  }

  get isAway(): boolean {
    return this.#away !== undefined
  }

  /** Latest reason why the database is away; null while it is there. */
  get reason(): string | null {
    return this.#away?.reason ?? null
  }

  /** Notes that the database was lost, or still cannot be reached. */
  failed(error: unknown): void {
    const nowMs = performance.now()
    const reason = reasonOf(error)
    if (!this.#away) {
      this.#away = { sinceMs: nowMs, toldMs: nowMs, reason }
      this.#logger.warn(`Database ${this.#name} is away: ${reason}; trying again until it is back`)
      return
    }
    this.#away.reason = reason
    if (nowMs - this.#away.toldMs >= REPEAT_MS) {
      this.#away.toldMs = nowMs
      this.#logger.warn(`Database ${this.#name} is still away after ${age(this.#away.sinceMs)}: ${reason}`)
    }
  }

  /** Notes that the database is reached. */
  worked(): void {
    if (!this.#away) return
    this.#logger.info(`Database ${this.#name} is back after ${age(this.#away.sinceMs)}`)
    this.#away = undefined
  }
}

function age(sinceMs: number): string {
  return formatSeconds((performance.now() - sinceMs) / 1_000) ?? ''
}
