import type { TickHint } from './channels.ts'
import { LatestHints } from './latest-hints.ts'

/** Passes the hints of each queue to its subscribers. An idle subscriber costs nothing. */
export class Fanout {
  readonly #byQueue = new Map<string, Set<LatestHints>>()
  readonly #all = new Set<LatestHints>()
  /** Numbers of subscribers who want ticks soon, by queue; null stands for all queues. */
  readonly #impatient = new Map<string | null, number>()

  /** Number of subscribers. */
  get size(): number {
    let size = this.#all.size
    for (const subscribers of this.#byQueue.values()) size += subscribers.size
    return size
  }

  /** Whether somebody wants ticks soon. */
  get isImpatient(): boolean {
    return this.#impatient.size > 0
  }

  /** Names of the queues of which somebody wants ticks soon, without those who take all queues. */
  get awaitedQueues(): string[] {
    return [...this.#impatient.keys()].filter((queue) => queue !== null)
  }

  /** Tells whether somebody wants ticks of this very queue soon. */
  isAwaited(queue: string): boolean {
    return this.#impatient.has(queue)
  }

  /** Names of the queues that have subscribers; null when a subscriber takes all queues. */
  get queues(): string[] | null {
    return this.#all.size > 0 ? null : [...this.#byQueue.keys()]
  }

  /**
   * Subscribes from now on; read the queue's state after this call, not before.
   *
   * @param queue Name of the queue; null for every queue.
   * @param signal Ends the subscription.
   * @param isPatient Whether ticks need not be made sooner for this one.
   */
  subscribe(queue: string | null, signal?: AbortSignal, isPatient = false): LatestHints {
    const subscribers = queue === null ? this.#all : this.#subscribersOf(queue)
    const onAbort = () => hints.end()
    const hints = new LatestHints((ended) => {
      signal?.removeEventListener('abort', onAbort)
      subscribers.delete(ended)
      if (!isPatient) this.#countImpatient(queue, -1)
      if (queue !== null && subscribers.size === 0) this.#byQueue.delete(queue)
    })
    subscribers.add(hints)
    if (!isPatient) this.#countImpatient(queue, 1)
    if (signal?.aborted) hints.end()
    else signal?.addEventListener('abort', onAbort, { once: true })
    return hints
  }

  announce(hint: TickHint): void {
    const subscribers = this.#byQueue.get(hint.queue)
    if (subscribers) for (const hints of subscribers) hints.put(hint)
    for (const hints of this.#all) hints.put(hint)
  }

  /** Ends every subscription. */
  endAll(): void {
    const subscribers = [...this.#all, ...[...this.#byQueue.values()].flatMap((each) => [...each])]
    for (const hints of subscribers) hints.end()
  }

  #countImpatient(queue: string | null, by: 1 | -1): void {
    const count = (this.#impatient.get(queue) ?? 0) + by
    if (count > 0) this.#impatient.set(queue, count)
    else this.#impatient.delete(queue)
  }

  #subscribersOf(queue: string): Set<LatestHints> {
    let subscribers = this.#byQueue.get(queue)
    if (!subscribers) {
      subscribers = new Set()
      this.#byQueue.set(queue, subscribers)
    }
    return subscribers
  }
}
