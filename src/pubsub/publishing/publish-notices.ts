/**
 * Thins out "events were published" per queue: the first is sent at once, and what follows within `intervalMs` as one
 * notice at its end.
 */
export class PublishNotices {
  readonly #intervalMs: number
  readonly #send: (queue: string) => void
  /** A timer per queue that had a notice within the interval, and whether one more is owed at its end. */
  readonly #recent = new Map<string, { timer: NodeJS.Timeout; isOwed: boolean }>()

  constructor(intervalMs: number, send: (queue: string) => void) {
    this.#intervalMs = intervalMs
    this.#send = send
  }

  add(queue: string): void {
    const recent = this.#recent.get(queue)
    if (recent) recent.isOwed = true
    else this.#sendNow(queue)
  }

  #sendNow(queue: string): void {
    const timer = setTimeout(() => {
      const isOwed = this.#recent.get(queue)?.isOwed
      this.#recent.delete(queue)
      if (isOwed) this.#sendNow(queue)
    }, this.#intervalMs)
    this.#recent.set(queue, { timer, isOwed: false })
    this.#send(queue)
  }

  /** Forgets what is owed. */
  close(): void {
    for (const { timer } of this.#recent.values()) clearTimeout(timer)
    this.#recent.clear()
  }
}
