import type { Event } from '@pgq-graphql/client'

/** What an event carries: the producer that made it, and its number among those. */
export interface Payload {
  producer: string
  number: number
}

export interface LedgerResult {
  eventsIn: number
  eventsOut: number
  lost: number
  twice: number
  /** Events that came out though nothing of them was committed. */
  rolledBackSeen: number
  /** Events that stand in the target before an earlier one of their producer. */
  orderViolations: number
}

interface Arrival extends Payload {
  eventId: bigint
}

/** Compares what was committed in the shards to what the workers have settled in the target. */
export class Ledger {
  /** Payloads that were committed, by queue. */
  readonly #committed = new Map<string, Set<string>>()
  readonly #settled = new Map<string, Arrival[]>()
  #eventsIn = 0
  #eventsOut = 0

  get eventsIn(): number {
    return this.#eventsIn
  }

  get eventsOut(): number {
    return this.#eventsOut
  }

  committed(queue: string, payloads: readonly Payload[]): void {
    const keys = valueIn(this.#committed, queue, () => new Set<string>())
    for (const payload of payloads) keys.add(keyOf(payload))
    this.#eventsIn += payloads.length
  }

  settled(queue: string, events: readonly Event[]): void {
    const arrivals = valueIn(this.#settled, queue, () => [])
    for (const { eventId, json } of events) arrivals.push({ eventId: BigInt(eventId), ...(json as Payload) })
    this.#eventsOut += events.length
  }

  result(): LedgerResult {
    const result = { lost: 0, twice: 0, rolledBackSeen: 0, orderViolations: 0 }
    for (const queue of new Set([...this.#committed.keys(), ...this.#settled.keys()])) {
      const committed = this.#committed.get(queue) ?? new Set()
      const arrivals = this.#settled.get(queue) ?? []
      const seen = new Set(arrivals.map(keyOf))
      result.lost += [...committed].filter((key) => !seen.has(key)).length
      result.twice += arrivals.length - seen.size
      result.rolledBackSeen += [...seen].filter((key) => !committed.has(key)).length
      result.orderViolations += countViolations(arrivals)
    }
    return { eventsIn: this.#eventsIn, eventsOut: this.#eventsOut, ...result }
  }
}

/** Ids of the target are the order in which events were moved. */
function countViolations(arrivals: readonly Arrival[]): number {
  const last = new Map<string, number>()
  let count = 0
  for (const { producer, number } of arrivals.toSorted((a, b) => (a.eventId < b.eventId ? -1 : 1))) {
    if (number < (last.get(producer) ?? 0)) count++
    last.set(producer, number)
  }
  return count
}

function keyOf({ producer, number }: Payload): string {
  return `${producer} ${number}`
}

function valueIn<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const value = map.get(key) ?? make()
  map.set(key, value)
  return value
}
