import { sleep } from '../async/backoff.ts'
import type { Database } from '../postgres/database.ts'
import { findMoverSources, type MoverSourceRow } from '../resolvers/movers/mover-sources.ts'

/** Time between looks (milliseconds). One serves all sources that wait. */
const LOOK_MS = 1_000

/** Looks into the target of a mover whether sources may go on that it has paused or stopped. */
export class TargetWatch {
  readonly #mover: string
  readonly #target: () => Database
  readonly #closing: AbortSignal
  #look: Promise<readonly MoverSourceRow[] | null> | undefined

  constructor(mover: string, target: () => Database, closing: AbortSignal) {
    this.#mover = mover
    this.#target = target
    this.#closing = closing
  }

  /** Resolves when a source is neither paused nor stopped, or at the signal. */
  async cleared(source: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const rows = await this.#next()
      if (rows && !isHeldUp(rows, source)) return
    }
  }

  /** Makes the next look, which others may have asked for already. @returns Null where the target gives no answer. */
  #next(): Promise<readonly MoverSourceRow[] | null> {
    this.#look ??= this.#lookSoon().finally(() => {
      this.#look = undefined
    })
    return this.#look
  }

  async #lookSoon(): Promise<readonly MoverSourceRow[] | null> {
    await sleep(LOOK_MS, this.#closing)
    if (this.#closing.aborted) return null
    try {
      return await findMoverSources(this.#target(), [this.#mover])
    } catch {
      return null
    }
  }
}

function isHeldUp(rows: readonly MoverSourceRow[], source: string): boolean {
  return rows.some((row) => row.isPaused || (row.source === source && row.stoppedBecause !== null))
}
