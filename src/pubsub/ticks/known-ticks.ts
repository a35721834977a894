import type { TickHint } from './channels.ts'

interface KnownTick {
  tickId: string
  /** Undefined until the tick table was read. A queue created again under its old name has a different one. */
  queueId: number | undefined
}

/** Remembers the newest announced tick of each queue, to tell news from repetitions. */
export class KnownTicks {
  readonly #ticks = new Map<string, KnownTick>()
  /** Holds, for each look in progress, the queues announced since it began: its answer may be older than those. */
  readonly #heardDuring = new Set<Set<string>>()

  /**
   * Takes a tick that was announced as it was made. Returns false when it is not above the last one: either the queue
   * was created again, or this tick was read already, and only a look can tell.
   */
  hear({ queue, tickId }: TickHint): boolean {
    for (const heard of this.#heardDuring) heard.add(queue)
    const known = this.#ticks.get(queue)
    if (known && BigInt(tickId) <= BigInt(known.tickId)) return false
    this.#ticks.set(queue, { tickId, queueId: known?.queueId })
    return true
  }

  /** Begins a look: call this before reading the tick table, `see` for each row (true: news), and always `end`. */
  beginLook(): { see(hint: TickHint, queueId: number): boolean; end(): void } {
    const heard = new Set<string>()
    this.#heardDuring.add(heard)
    return {
      see: ({ queue, tickId }, queueId) => {
        const known = this.#ticks.get(queue)
        const isSameQueue = known?.queueId === undefined || known.queueId === queueId
        const isOlder = known && isSameQueue && BigInt(tickId) < BigInt(known.tickId)
        // A lower tick is news (after a loss of commits), unless the known one was announced during this look.
        if (isOlder && heard.has(queue)) return false
        this.#ticks.set(queue, { tickId, queueId })
        return !isSameQueue || known?.tickId !== tickId
      },
      end: () => this.#heardDuring.delete(heard),
    }
  }

  /** Forgets queues that no longer exist, and returns their names. */
  keepOnly(queues: ReadonlySet<string>): string[] {
    const gone = [...this.#ticks.keys()].filter((queue) => !queues.has(queue))
    for (const queue of gone) this.#ticks.delete(queue)
    return gone
  }
}
