import { expect } from 'vitest'
import type { Fleet } from '../mover/fleet.ts'
import { until } from '../support/deadline.ts'
import type { Random } from '../support/random.ts'

/** What has come to a target: how many events, and their types in order. */
export interface Arrived {
  count(): Promise<number>
  types(): Promise<(string | null | undefined)[]>
}

/** Publishes to the shards of a fleet, with rollbacks, and knows what was committed. */
export interface MoverLedger {
  /** Resolves when so many more events are in the target. */
  flows(count?: number): Promise<void>
  /** Ends publishing, waits for what is under way, and compares. @returns The number of events. */
  finish(): Promise<number>
}

/** Begins to publish to `orders` of these shards; one writer each, so that the order of commits is known. */
export function startMoverLedger(
  fleet: Fleet,
  shards: readonly string[],
  random: Random,
  { count, types: typesThere }: Arrived = arrivedInMain(fleet),
): MoverLedger {
  let isOver = false
  const committed = new Map<string, string[]>(shards.map((shard) => [shard, []]))
  const writers = shards.map(async (shard) => {
    const client = fleet.client(shard)
    const sequence = committed.get(shard) ?? []
    for (let round = 0; !isOver; round++) {
      const names = Array.from({ length: 1 + random.below(20) }, (_, n) => `${shard} ${round}.${n}`)
      const isKept = random.next() < 0.8
      await client.query('begin')
      await fleet.publish(shard, names)
      await client.query(isKept ? 'commit' : 'rollback')
      if (isKept) sequence.push(...names)
      await new Promise((resolve) => setTimeout(resolve, random.below(40)))
    }
  })
  return {
    async flows(more = 1) {
      const before = await count()
      await until(async () => (await count()) >= before + more, 'events in the target', { timeoutMs: 30_000 })
    },
    async finish() {
      isOver = true
      await Promise.all(writers)
      const total = [...committed.values()].reduce((sum, names) => sum + names.length, 0)
      let arrived = 0
      await until(
        async () => {
          arrived = await count()
          return arrived >= total
        },
        `all of ${total} events`,
        { timeoutMs: 30_000, describe: () => `${arrived} are there` },
      )
      const types = await typesThere()
      // Equal lists: nothing is lost, nothing is there twice, nothing is out of order.
      for (const [shard, names] of committed)
        expect(types.filter((type) => type?.startsWith(`${shard} `))).toEqual(names)
      expect(types).toHaveLength(total)
      return total
    },
  }
}

function arrivedInMain(fleet: Fleet): Arrived {
  return {
    async count() {
      const { rows } = await fleet.client('main').query('select count(*)::int from pgq.event_1')
      return Number(rows[0].count)
    },
    async types() {
      return (await fleet.arrivals()).map(({ type }) => type)
    },
  }
}
