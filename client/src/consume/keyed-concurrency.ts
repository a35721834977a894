export interface KeyedConcurrencyOptions<Item> {
  /** How many items are in work at once. */
  concurrency: number
  /** Items with the same key are worked on one after another, in their order. Without it all are independent. */
  keyOf: ((item: Item) => unknown) | undefined
  /** Is asked before each item. Once it says no, items in work are finished, and no more are begun. */
  mayBegin: () => boolean
  work: (item: Item) => Promise<void>
}

/** Work that never waits lets the event loop turn this often, so that a stop is noticed. Milliseconds. */
const MAX_TURN_MS = 50

/**
 * Works on items. They are begun in their order, except where one has to wait for another of its key.
 *
 * @returns Items that were not begun, in no order.
 */
export async function workByKey<Item>(
  items: readonly Item[],
  options: KeyedConcurrencyOptions<Item>,
): Promise<readonly Item[]> {
  const { concurrency, keyOf, mayBegin, work } = options
  /** Items that wait behind the one of their key that is in work. */
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
  // A failure is told when all workers have ended: nothing may go on behind the caller's back.
  for (const result of await Promise.allSettled(workers)) {
    if (result.status === 'rejected') throw result.reason
  }
  return left.concat(items.slice(next))
}
