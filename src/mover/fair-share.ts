import { sleep } from '../async/backoff.ts'
import type { Database } from '../postgres/database.ts'
import { shareMover } from '../resolvers/movers/mover-shares.ts'
import type { SourceMover } from './source-mover.ts'

/** Time between looks at what other gateways have (milliseconds). */
const LOOK_MS = 2_000
/** Smallest number of sources that are given up at once, where so many are too many; else it is half of those. */
const MIN_STEP = 4
/** Time for which who has enough leaves a source that is free to others (milliseconds). A dead gateway's sources wait for it, too. */
const COURTESY_MS = 300

/**
 * Shares the sources of a mover fairly among the gateways that serve them: one that has more than its share gives some up,
 * between their batches, and one that has its share lets others take what is free.
 */
export class FairShare {
  readonly #mover: string
  readonly #target: () => Database
  readonly #sources: () => Iterable<SourceMover>
  readonly #closing: AbortSignal
  #hasEnough = false

  constructor(options: {
    mover: string
    target: () => Database
    sources: () => Iterable<SourceMover>
    closing: AbortSignal
  }) {
    this.#mover = options.mover
    this.#target = options.target
    this.#sources = options.sources
    this.#closing = options.closing
  }

  /** Looks again and again until the signal, then lets the other gateways know that it has none. */
  async run(): Promise<void> {
    while (!this.#closing.aborted) {
      await sleep(LOOK_MS, this.#closing)
      if (!this.#closing.aborted) await this.#look()
    }
    await this.#tell(0, 0).catch(() => {})
  }

  /** Waits before a source is taken that others may need more. */
  async turn(signal: AbortSignal): Promise<void> {
    if (this.#hasEnough) await sleep(COURTESY_MS, signal)
  }

  async #look(): Promise<void> {
    const all = [...this.#sources()]
    const held = all.filter(({ isHeld }) => isHeld)
    const standingBy = all.filter(({ isStandingBy }) => isStandingBy)
    if (held.length + standingBy.length === 0) return
    // Without an answer all stay where they are.
    const answer = await this.#tell(held.length, standingBy.length).catch(() => undefined)
    this.#hasEnough = answer?.hasEnough ?? false
    const excess = answer?.toGive ?? 0
    const count = Math.min(excess, Math.max(MIN_STEP, Math.ceil(excess / 2)))
    for (const source of held.filter(({ isFree }) => isFree).slice(0, count)) source.giveUp()
  }

  async #tell(held: number, standingBy: number) {
    return shareMover(this.#target(), { mover: this.#mover, held, standingBy })
  }
}
