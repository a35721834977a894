import type { Logger } from 'pino'
import type { Tenant } from '../async/shared-places.ts'
import { reasonOf } from '../reason.ts'

/** A pool of connections, as the other pools of its database see it. */
export interface Member {
  /** Number of connections, with those that are being made. */
  readonly size: number
  /** Closes an idle connection. @returns False where none is idle. */
  closeIdle(): boolean
}

/** Stands for whoever has a connection of its own. */
const outsider: Member = { size: 0, closeIdle: () => false }

/** Shortest time between two lines of the log about it (milliseconds). */
const REPEAT_MS = 600_000

/**
 * Shares the connections that a server grants among the pools of a database where it grants fewer than these may have.
 * A pool without any gets one of another pool: an idle one, or the next that comes back.
 */
export class Scarcity implements Tenant {
  readonly #name: string
  readonly #logger: Logger
  readonly #members = new Set<Member>()
  readonly #starving = new Set<Member>()
  #toldMs = Number.NEGATIVE_INFINITY

  constructor(name: string, logger: Logger) {
    this.#name = name
    this.#logger = logger
  }

  join(member: Member): void {
    this.#members.add(member)
  }

  leave(member: Member): void {
    this.#members.delete(member)
    this.#starving.delete(member)
  }

  /** Notes that the server refused a connection. A pool that has none left is helped by the others. */
  refused(member: Member, error: unknown): void {
    this.#tell(error)
    if (member.size === 0) this.#help(member)
  }

  /** Says whether this pool should close a connection that is given back; each such answer helps one pool. */
  takesFrom(member: Member): boolean {
    for (const starving of this.#starving) {
      if (starving === member) continue
      this.#starving.delete(starving)
      return true
    }
    return false
  }

  /** Has a pool close a connection so that there is room for one that belongs to no pool. */
  makeRoom(): void {
    this.#help(outsider)
  }

  /** Has a pool close an idle connection. @returns False where none is idle. */
  closeIdle(): boolean {
    return [...this.#members].some((member) => member.closeIdle())
  }

  /** Has the next connection closed that comes back to its pool. */
  yieldNext(): void {
    this.#starving.add(outsider)
  }

  #help(member: Member): void {
    for (const other of this.#members) if (other !== member && other.closeIdle()) return
    this.#starving.add(member)
  }

  #tell(error: unknown): void {
    const nowMs = performance.now()
    if (nowMs - this.#toldMs < REPEAT_MS) return
    this.#toldMs = nowMs
    this.#logger.warn(
      `Database ${this.#name} grants no further connections: ${reasonOf(error)}; statements share those that there are`,
    )
  }
}
