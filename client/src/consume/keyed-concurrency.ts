export interface KeyedConcurrencyOptions<Item> {
  /** How many are in work at once. */
  concurrency: number
  /** Those with the same key are worked on one after another, in their order; undefined when all are independent. */
  keyOf: ((item: Item) => unknown) | undefined
  /** Asked before each. Once it says no, what is in work is finished, and no more is begun. */
  mayBegin: () => boolean
  work: (item: Item) => Promise<void>
}

/** Work that never waits would keep the event loop from hearing of a stop, and of everything else. Milliseconds. */
const MAX_TURN_MS = 50

/**
 * Works on items, begun in their order except where one has to wait for another of its key.
 *
 * @returns Those that were not begun, in no order.
 */
export async function workByKey<Item>(
  items: readonly Item[],
  options: KeyedConcurrencyOptions<Item>,
): Promise<readonly Item[]> {
  const { concurrency, keyOf, mayBegin, work } = options
  /** What waits behind the item of this key that is in work. */
  const waitingByKey = new Map<unknown, Item[]>()
  const left: Item[] = []
  let next = 0
  let turnEndsAt = Date.now() + MAX_TURN_MS

  async function workOnOne(item: Item): Promise<void> {
    await work(item)
    if (Date.now() < turnEndsAt) return
    await new Promise((resolve) => setTimeout(resolve))
    turnEndsAt = Date.now() + MAX_TURN_MS
  }

  async function workOnKey(first: Item, key: unknown): Promise<void> {
    const waiting = [first]
    waitingByKey.set(key, waiting)
    try {
      for (const item of waiting) {
        if (mayBegin()) await workOnOne(item)
        else left.push(item)
      }
    } finally {
      waitingByKey.delete(key)
    }
  }

  async function workOn(): Promise<void> {
    while (next < items.length && mayBegin()) {
      const item = items[next++] as Item
      if (!keyOf) {
        await workOnOne(item)
        continue
      }
      const key = keyOf(item)
      const waiting = waitingByKey.get(key)
      if (waiting) waiting.push(item)
      else await workOnKey(item, key)
    }
  }

  const workers = Array.from({ length: Math.min(concurrency, items.length) }, workOn)
  // All of them, before a failure is told: nothing may go on behind the caller's back.
  for (const result of await Promise.allSettled(workers)) {
    if (result.status === 'rejected') throw result.reason
  }
  return left.concat(items.slice(next))
}
