import { isOutage } from '../../postgres/outage.ts'
import type { DatabaseView } from '../../resolvers/database-view.ts'
import { type Move, type MoveOutcome, moveEvents } from '../../resolvers/movers/moves.ts'

interface Waiting {
  move: Move
  characters: number
  resolve(outcome: MoveOutcome): void
  reject(error: unknown): void
}

/** Number of transactions under way at once: one is put together while another is committed. */
const MAX_CONCURRENT = 2
/** Maximum number of moves, of events and of their characters that share a transaction; one move may have more. */
const MAX_MOVES = 256
const MAX_EVENTS = 20_000
const MAX_CHARACTERS = 8_000_000

/** Writes the moves of a mover's sources into its target, as many in one transaction as wait at the same time. */
export class MoveWriter {
  readonly #mover: string
  readonly #target: () => DatabaseView
  #waiting: Waiting[] = []
  #running = 0

  /** @param target Finds the target. @throws PgqError `NOT_FOUND` where this gateway does not serve it. */
  constructor(mover: string, target: () => DatabaseView) {
    this.#mover = mover
    this.#target = target
  }

  /** Writes a move. A source writes one after another. @throws as `moveEvents` does. */
  write(move: Move): Promise<MoveOutcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ move, characters: move.events.characters, resolve, reject })
      this.#startMore()
    })
  }

  #startMore(): void {
    while (this.#running < MAX_CONCURRENT && this.#waiting.length > 0) {
      this.#running++
      void this.#run(this.#take()).finally(() => {
        this.#running--
        this.#startMore()
      })
    }
  }

  #take(): Waiting[] {
    let count = 0
    let events = 0
    let characters = 0
    for (const waiting of this.#waiting) {
      events += waiting.move.events.count
      characters += waiting.characters
      const isFull = count === MAX_MOVES || events > MAX_EVENTS || characters > MAX_CHARACTERS
      if (count > 0 && isFull) break
      count++
    }
    return this.#waiting.splice(0, count)
  }

  /** Where moves fail together, each is tried by itself: one may be at fault. */
  async #run(group: readonly Waiting[]): Promise<void> {
    try {
      const moves = group.map(({ move }) => move)
      const outcomes = await moveEvents(this.#target(), this.#mover, moves)
      for (const [index, { resolve, reject }] of group.entries()) {
        const outcome = outcomes[index]
        if (outcome) resolve(outcome)
        else reject(new Error('move_events has returned too few rows'))
      }
    } catch (error) {
      if (group.length === 1 || isOutage(error)) for (const { reject } of group) reject(error)
      else for (const each of group) await this.#run([each])
    }
  }
}
