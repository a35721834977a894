import type { TickHint } from './channels.ts'

/**
 * Holds what one subscriber has not read yet: the latest hint of each queue. It never grows past the number of
 * queues, however slow its reader is, and `put` takes constant time.
 *
 * It is also the reader's iterator, written by hand because a waiting async generator cannot be ended from outside:
 * `return` (or `end`) ends a waiting `next` at once, and what was unread is dropped.
 */
export class LatestHints implements AsyncIterableIterator<TickHint> {
  readonly #hints = new Map<string, string>()
  readonly #waiting: ((result: IteratorResult<TickHint, undefined>) => void)[] = []
  readonly #onEnd: (hints: LatestHints) => void
  #isOver = false

  /** @param onEnd Called once, when this ends from either side. */
  constructor(onEnd: (hints: LatestHints) => void = () => {}) {
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

  /** Takes the oldest unread hint, or waits for the next one. */
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
