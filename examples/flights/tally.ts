import type { Event } from '@pgq-graphql/client'
import type { FlightEvent } from './flights.ts'

/** A row as a consumer received it. */
export interface Sighting {
  row: number
  /**
   * The time from the start of the transaction that inserted it, by PostgreSQL's clock, to the handler, by this
   * machine's.
   */
  latencyMs: number
}

export function sightingsOf(events: readonly Event[]): Sighting[] {
  const now = performance.timeOrigin + performance.now()
  return events.map((event) => ({
    row: (event.json as FlightEvent).row,
    latencyMs: now - microsecondsOf(event.time) / 1_000,
  }))
}

/** `Date` has no more than milliseconds. */
function microsecondsOf(time: string): number {
  const micros = /\.\d{3}(\d{1,3})/.exec(time)?.[1] ?? '0'
  return Date.parse(time) * 1_000 + Number(micros.padEnd(3, '0'))
}

/** Counts what one consumer, or a whole group, has seen. */
export class Tally {
  readonly name: string
  readonly #seen = new Map<number, number>()
  readonly #latenciesMs: number[] = []
  #lastAtMs = 0

  constructor(name: string) {
    this.name = name
  }

  add(sightings: readonly Sighting[]): void {
    for (const { row, latencyMs } of sightings) {
      this.#seen.set(row, (this.#seen.get(row) ?? 0) + 1)
      this.#latenciesMs.push(latencyMs)
    }
    this.#lastAtMs = performance.now()
  }

  /** Different rows that were seen. */
  get count(): number {
    return this.#seen.size
  }

  result(published: ReadonlySet<number>, startedAtMs: number) {
    const rows = [...this.#seen.keys()]
    const latenciesMs = this.#latenciesMs.toSorted((a, b) => a - b)
    const percentile = (share: number) => latenciesMs[Math.ceil(latenciesMs.length * share) - 1] ?? Number.NaN
    return {
      name: this.name,
      seen: rows.filter((row) => published.has(row)).length,
      duplicates: latenciesMs.length - rows.length,
      missing: [...published].filter((row) => !this.#seen.has(row)).length,
      rolledBackSeen: rows.filter((row) => row < 0).length,
      rowsPerSecond: rows.length / ((this.#lastAtMs - startedAtMs) / 1_000),
      latencyP50Ms: percentile(0.5),
      latencyP99Ms: percentile(0.99),
    }
  }
}

export type TallyResult = ReturnType<Tally['result']>
