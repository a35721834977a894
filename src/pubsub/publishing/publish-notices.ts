/**
 * Limits "events were published" notices per queue: the first is sent at once, and those that follow within
 * `intervalMs` as one notice at its end.
 */
export class PublishNotices {
  readonly #intervalMs: number
  readonly #send: (queue: string) => void
  /** Holds a timer for each queue notified within the interval, and whether another notice is pending. */
  readonly #recent = new Map<string, { timer: NodeJS.Timeout; isPending: boolean }>()

  constructor(intervalMs: number, send: (queue: string) => void) {
    this.#intervalMs = intervalMs
    this.#send = send
  }

  add(queue: string): void {
    const recent = this.#recent.get(queue)
    if (recent) recent.isPending = true
    else this.#sendNow(queue)
  }

  #sendNow(queue: string): void {
    const timer = setTimeout(() => {
      const isPending = this.#recent.get(queue)?.isPending
      this.#recent.delete(queue)
      if (isPending) this.#sendNow(queue)
    }, this.#intervalMs)
    this.#recent.set(queue, { timer, isPending: false })
    this.#send(queue)
  }

  /** Drops pending notices. */
  close(): void {
    for (const { timer } of this.#recent.values()) clearTimeout(timer)
    this.#recent.clear()
  }
}
