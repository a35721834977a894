import type { TickHint } from './channels.ts'
import { LatestHints } from './latest-hints.ts'

/** From a queue to those who wait for its ticks. A subscriber that nothing happens for costs nothing. */
export class Fanout {
  readonly #byQueue = new Map<string, Set<LatestHints>>()
  readonly #all = new Set<LatestHints>()

  /** How many subscribers there are. */
  get size(): number {
    let size = this.#all.size
    for (const slots of this.#byQueue.values()) size += slots.size
    return size
  }

  /** The queues that somebody waits for; null when somebody waits for all. */
  get queues(): string[] | null {
    return this.#all.size > 0 ? null : [...this.#byQueue.keys()]
  }

  /**
   * Hears from now on; read the state after this, never before.
   *
   * @param queue Null for every queue.
   * @param signal Ends the subscription.
   */
  subscribe(queue: string | null, signal?: AbortSignal): LatestHints {
    const slots = queue === null ? this.#all : this.#slotsOf(queue)
    const onAbort = () => slot.end()
    const slot = new LatestHints((ended) => {
      signal?.removeEventListener('abort', onAbort)
      slots.delete(ended)
      if (queue !== null && slots.size === 0) this.#byQueue.delete(queue)
    })
    slots.add(slot)
    if (signal?.aborted) slot.end()
    else signal?.addEventListener('abort', onAbort, { once: true })
    return slot
  }

  announce(hint: TickHint): void {
    const slots = this.#byQueue.get(hint.queue)
    if (slots) for (const slot of slots) slot.put(hint)
    for (const slot of this.#all) slot.put(hint)
  }

  /** Ends every subscription. */
  endAll(): void {
    const slots = [...this.#all, ...[...this.#byQueue.values()].flatMap((each) => [...each])]
    for (const slot of slots) slot.end()
  }

  #slotsOf(queue: string): Set<LatestHints> {
    let slots = this.#byQueue.get(queue)
    if (!slots) {
      slots = new Set()
      this.#byQueue.set(queue, slots)
    }
    return slots
  }
}
