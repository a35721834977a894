import type { TickHint } from './channels.ts'

/**
 * What one subscriber has not read yet: for each queue the latest hint, and nothing older. So it never grows past the
 * number of queues, however long its reader sleeps, and `put` costs its giver the same whatever the reader does.
 *
 * It is the reader's iterator as well, made by hand because an async generator that waits cannot be ended from
 * outside: `return` (or `end`) ends a waiting `next` at once, and what was unread is dropped.
 */
export class LatestHints implements AsyncIterableIterator<TickHint> {
  readonly #hints = new Map<string, string>()
  readonly #waiting: ((result: IteratorResult<TickHint, undefined>) => void)[] = []
  readonly #onEnd: (slot: LatestHints) => void
  #isOver = false

  /** @param onEnd Called once, when this ends for whatever reason. */
  constructor(onEnd: (slot: LatestHints) => void = () => {}) {
    this.#onEnd = onEnd
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Hands the hint to the reader, or keeps it in place of an older one for that queue. Never waits, never throws. */
  put(hint: TickHint): void {
    if (this.#isOver) return
    const reader = this.#waiting.shift()
    if (reader) reader({ done: false, value: hint })
    else this.#hints.set(hint.queue, hint.tickId)
  }

  /** The hint that waits longest, or the next one to come. */
  next(): Promise<IteratorResult<TickHint, undefined>> {
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined })
    for (const [queue, tickId] of this.#hints) {
      this.#hints.delete(queue)
      return Promise.resolve({ done: false, value: { queue, tickId } })
    }
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  return(): Promise<IteratorResult<TickHint, undefined>> {
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  /** Ends the iteration, from either side. Harmless when repeated. */
  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#hints.clear()
    for (const reader of this.#waiting.splice(0)) reader({ done: true, value: undefined })
    this.#onEnd(this)
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
