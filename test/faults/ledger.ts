import type pg from 'pg'
import { groupBy } from '../../src/group-by.ts'
import type { Data } from '../support/graphql.ts'
import { type Lease, readLeaseLog } from './lease-log.ts'

/** Record of one batch delivered to one worker. Times are by `performance.now()`. */
export interface Delivery {
  readonly consumer: string
  readonly worker: string
  readonly batchId: string
  readonly leaseToken: string
  readonly prevTickId: string
  readonly tickId: string
  readonly eventIds: readonly string[]
  readonly receivedAt: number
  /** Time of the first attempt to settle it. */
  sentAt?: number
  settledAt?: number
  outcome?: 'finished' | 'stale' | 'given up'
}

export interface Fault {
  readonly name: string
  readonly startedAt: number
  /** Undefined while the fault lasts. */
  endedAt?: number
}

/** Longest time after a fault until a message under way is read, on a busy machine. */
const IN_FLIGHT_MS = 1_000

/** Selection of the fields of a batch that the ledger needs. */
export const ledgerFields = 'batchId leaseToken prevTickId tickId events { eventId }'

/**
 * Records events published and delivered, and checks the promise: every committed event reaches each consumer, in one
 * batch, which is the same whenever it is delivered; it is delivered again only if a fault met it while it was open. A
 * batch is identified by its last tick.
 *
 * Deliveries may arrive in another order than that of their leases, which `readLeases` reads.
 */
export class Ledger {
  readonly consumers: readonly string[]
  readonly deliveries: Delivery[] = []
  readonly faults: Fault[] = []
  /** Ids of events whose publisher got an answer. */
  readonly acknowledged = new Set<string>()
  /** Ids of settled events, by consumer. */
  readonly #settled = new Map<string, Set<string>>()
  /** Leases by token, in their order. */
  #leases: ReadonlyMap<string, Lease> = new Map()
  #committed: ReadonlySet<string> = new Set()
  /** Committed events, with those too late to wait for. */
  #known: ReadonlySet<string> = new Set()

  constructor(consumers: readonly string[]) {
    this.consumers = consumers
    for (const consumer of consumers) this.#settled.set(consumer, new Set())
  }

  /** Records the beginning of a fault. @returns a function that records its end. */
  fault(name: string): () => void {
    const fault: Fault = { name, startedAt: performance.now() }
    this.faults.push(fault)
    return () => {
      fault.endedAt ??= performance.now()
    }
  }

  /** Records a fault that became known afterwards. */
  note(fault: Fault): void {
    this.faults.push(fault)
  }

  receive(consumer: string, worker: string, batch: Data): Delivery {
    const delivery: Delivery = {
      consumer,
      worker,
      batchId: batch.batchId,
      leaseToken: batch.leaseToken,
      prevTickId: batch.prevTickId,
      tickId: batch.tickId,
      eventIds: batch.events.map((event: Data) => event.eventId),
      receivedAt: performance.now(),
    }
    this.deliveries.push(delivery)
    return delivery
  }

  settle(delivery: Delivery, outcome: 'finished' | 'stale' | 'given up'): void {
    delivery.outcome = outcome
    delivery.settledAt = performance.now()
    if (outcome !== 'finished') return
    for (const id of delivery.eventIds) this.#settled.get(delivery.consumer)?.add(id)
  }

  isSettled(consumer: string, eventId: string): boolean {
    return this.#settled.get(consumer)?.has(eventId) ?? false
  }

  settledCount(consumer: string): number {
    return this.#settled.get(consumer)?.size ?? 0
  }

  /** Reads the tables of queue `q`, none of which may have been rotated away. @returns whether there is more. */
  async readCommitted(client: pg.Client): Promise<{ hasGrown: boolean }> {
    const before = this.#committed.size
    this.commit(await idsIn(client))
    return { hasGrown: this.#committed.size > before }
  }

  /** Reads again after the consumers have ended, to know events that they need not have got. */
  async readLate(client: pg.Client): Promise<ReadonlySet<string>> {
    this.#known = new Set(await idsIn(client))
    return this.#known
  }

  /** Reads the log of `createLeaseLog`. */
  async readLeases(client: pg.Client): Promise<ReadonlyMap<string, Lease>> {
    this.#leases = await readLeaseLog(client)
    return this.#leases
  }

  /** Declares these the events that were published. */
  commit(eventIds: readonly string[]): void {
    this.#committed = new Set(eventIds)
    this.#known = this.#committed
  }

  /** Returns committed events that the consumer has not settled. */
  missing(consumer: string): string[] {
    return [...this.#committed].filter((id) => !this.isSettled(consumer, id))
  }

  get isComplete(): boolean {
    return this.consumers.every((consumer) => {
      const settled = this.#settled.get(consumer)
      return (
        settled !== undefined && settled.size >= this.#committed.size && this.missing(consumer).length === 0
      )
    })
  }

  /** Counts the events that were delivered more than once. */
  repeated(consumer: string): number {
    const times = new Map<string, number>()
    for (const delivery of this.deliveries) {
      if (delivery.consumer !== consumer) continue
      for (const id of delivery.eventIds) times.set(id, (times.get(id) ?? 0) + 1)
    }
    return [...times.values()].filter((count) => count > 1).length
  }

  /** Describes each broken promise; empty when all is well. */
  violations(): string[] {
    return [
      ...listed('acknowledged to the publisher, but not committed', [
        ...[...this.acknowledged].filter((id) => !this.#known.has(id)),
      ]),
      ...this.consumers.flatMap((consumer) => this.#violationsOf(consumer)),
    ]
  }

  #violationsOf(consumer: string): string[] {
    const ours = this.deliveries.filter((delivery) => delivery.consumer === consumer)
    const byTick = groupBy(ours, ({ tickId }) => tickId)
    const places = new Map<string, Set<string>>()
    for (const { tickId, eventIds } of ours) {
      for (const id of eventIds) places.set(id, (places.get(id) ?? new Set()).add(tickId))
    }
    const delivered = [...places.keys()]
    return [
      ...listed(`${consumer} misses`, this.missing(consumer)),
      ...listed(
        `${consumer} was given what was never committed:`,
        delivered.filter((id) => !this.#known.has(id)),
      ),
      ...listed(
        `${consumer} was given in several batches:`,
        delivered.filter((id) => (places.get(id)?.size ?? 0) > 1),
      ),
      ...[...byTick.values()].flatMap((deliveries) => this.#violationsOfBatch(consumer, deliveries)),
      ...brokenChain(consumer, ours),
    ]
  }

  #violationsOfBatch(consumer: string, deliveries: readonly Delivery[]): string[] {
    const [first] = deliveries
    if (!first) return []
    const name = `the batch of ${consumer} up to tick ${first.tickId}`
    const problems: string[] = []
    const contents = new Set(deliveries.map(contentOf))
    if (contents.size > 1)
      problems.push(`${name} was not the same at each delivery: ${[...contents].join(' / ')}`)
    const finished = deliveries.filter(({ outcome }) => outcome === 'finished')
    if (new Set(finished.map(({ leaseToken }) => leaseToken)).size > 1)
      problems.push(`${name} was settled under two leases`)
    for (const delivery of finished) {
      const isStale = deliveries.some((other) => this.#tookOver(other, delivery))
      if (isStale) problems.push(`${name} was settled by a stale worker`)
    }
    const inOrder = [...deliveries].sort((a, b) => this.#placeOf(a) - this.#placeOf(b))
    for (const [index, delivery] of inOrder.entries()) {
      const before = inOrder[index - 1]
      if (before && !this.#hadFault(before, delivery))
        problems.push(`${name} came again to ${delivery.worker} after ${before.worker}, without a fault`)
    }
    return problems
  }

  /** Tells whether the heir had the batch already when the other's settlement was sent. */
  #tookOver(heir: Delivery, { leaseToken, receivedAt, sentAt = 0 }: Delivery): boolean {
    if (heir.leaseToken === leaseToken) return false
    const [lease, next] = [this.#leases.get(leaseToken), this.#leases.get(heir.leaseToken)]
    // A new lease makes settlement by the old one impossible, and a settled batch gets no lease.
    if (lease && next) return next.place > lease.place
    return heir.receivedAt > receivedAt && heir.receivedAt < sentAt
  }

  /** Ranks a delivery among those of its batch. */
  #placeOf({ leaseToken, receivedAt }: Delivery): number {
    return this.#leases.get(leaseToken)?.place ?? receivedAt
  }

  #openedAt({ leaseToken, receivedAt }: Delivery): number {
    return this.#leases.get(leaseToken)?.openedAt ?? receivedAt
  }

  /** Tells whether a fault met the first delivery before it was settled, and before the second. */
  #hadFault(first: Delivery, second: Delivery): boolean {
    const [from, to] = [this.#openedAt(first), this.#openedAt(second)]
    if (first.outcome === 'finished' && (first.settledAt ?? 0) < to) return false
    return this.faults.some(
      ({ startedAt, endedAt = Number.POSITIVE_INFINITY }) => startedAt < to && endedAt + IN_FLIGHT_MS > from,
    )
  }

  /** Formats a line for each consumer, with the missing events. */
  toString(): string {
    const lines = this.consumers.map((consumer) => {
      const ours = this.deliveries.filter((delivery) => delivery.consumer === consumer)
      const count = (outcome: string) => ours.filter((delivery) => delivery.outcome === outcome).length
      const missing = this.missing(consumer)
      return (
        `  ${consumer}: ${this.settledCount(consumer)} events settled, ${this.repeated(consumer)} repeated, ${missing.length} missing; ` +
        `${ours.length} batches delivered, ${count('finished')} settled, ${count('stale')} refused as stale` +
        listed(', missing', missing).join('')
      )
    })
    const { size } = this.#committed
    return [
      `${size} events committed, ${this.acknowledged.size} of them acknowledged by a gateway`,
      ...lines,
    ].join('\n')
  }
}

async function idsIn(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ table: string }>(
    `select queue_data_pfx as table from pgq.queue where queue_name = 'q'`,
  )
  const events = await client.query<{ id: string }>(`select ev_id as id from ${rows[0]?.table}`)
  return events.rows.map(({ id }) => id)
}

function contentOf({ prevTickId, tickId, eventIds }: Delivery): string {
  return `ticks ${prevTickId} to ${tickId}: ${[...eventIds].sort().join(' ')}`
}

/** Finds gaps between the batches of a consumer, whether or not their settlement got an answer. */
function brokenChain(consumer: string, deliveries: readonly Delivery[]): string[] {
  const byTick = new Map(deliveries.map((delivery) => [delivery.tickId, delivery]))
  const inOrder = [...byTick.values()].sort((a, b) => (BigInt(a.tickId) < BigInt(b.tickId) ? -1 : 1))
  return inOrder.flatMap((delivery, index) => {
    const before = inOrder[index - 1]
    if (!before || before.tickId === delivery.prevTickId) return []
    return [`${consumer} went from tick ${before.tickId} to ${delivery.prevTickId}`]
  })
}

function listed(what: string, ids: readonly string[]): string[] {
  if (ids.length === 0) return []
  const shown = ids.slice(0, 10).join(', ')
  return [`${what} ${shown}${ids.length > 10 ? ` and ${ids.length - 10} more` : ''}`]
}
