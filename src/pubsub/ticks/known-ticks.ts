import type { TickHint } from './channels.ts'

interface KnownTick {
  tickId: string
  /** Undefined until the tick table was read. A queue made anew under its old name has another. */
  queueId: number | undefined
}

/** The newest tick announced of each queue; tells what is news from what is not. */
export class KnownTicks {
  readonly #ticks = new Map<string, KnownTick>()
  /** For each look in progress the queues that were heard of since it began: its answer may be older than that. */
  readonly #heardDuring = new Set<Set<string>>()

  /**
   * Takes a tick that was announced as it was made. False when it is not above the last one: then the queue was made
   * anew, or this was read already, and only a look can tell.
   */
  hear({ queue, tickId }: TickHint): boolean {
    for (const heard of this.#heardDuring) heard.add(queue)
    const known = this.#ticks.get(queue)
    if (known && BigInt(tickId) <= BigInt(known.tickId)) return false
    this.#ticks.set(queue, { tickId, queueId: known?.queueId })
    return true
  }

  /** Call before the tick table is read, then `see` for each row (true: news), and `end` whether that went well or not. */
  beginLook(): { see(hint: TickHint, queueId: number): boolean; end(): void } {
    const heard = new Set<string>()
    this.#heardDuring.add(heard)
    return {
      see: ({ queue, tickId }, queueId) => {
        const known = this.#ticks.get(queue)
        const isSameQueue = known?.queueId === undefined || known.queueId === queueId
        const isOlder = known && isSameQueue && BigInt(tickId) < BigInt(known.tickId)
        // A tick below the known one is news (a server that lost its last commits), unless that one is still fresher.
        if (isOlder && heard.has(queue)) return false
        this.#ticks.set(queue, { tickId, queueId })
        return !isSameQueue || known?.tickId !== tickId
      },
      end: () => this.#heardDuring.delete(heard),
    }
  }

  /** Forgets queues that are gone, and names them. */
  keepOnly(queues: ReadonlySet<string>): string[] {
    const gone = [...this.#ticks.keys()].filter((queue) => !queues.has(queue))
    for (const queue of gone) this.#ticks.delete(queue)
    return gone
  }
}
