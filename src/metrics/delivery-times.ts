import type { Exposition } from './exposition.ts'

const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/**
 * Counts deliveries by the age of their tick. It is called for each message of each stream, of which there may be ten
 * thousand at once, and the library's histogram would look up its labels each time.
 */
export class DeliveryTimes {
  readonly #byKind = new Map<string, { counts: number[]; sum: number }>()
  #tick = { time: '', ms: 0 }

  /** @param kind Field of the subscription. @param tickTime RFC 3339. @param nowMs Milliseconds since 1970. */
  observe(kind: string, tickTime: string, nowMs: number): void {
    if (this.#tick.time !== tickTime) this.#tick = { time: tickTime, ms: Date.parse(tickTime) }
    // The clocks of the database and of this machine may differ.
    const seconds = Math.max(0, (nowMs - this.#tick.ms) / 1_000)
    let times = this.#byKind.get(kind)
    if (!times) {
      times = { counts: Array(bounds.length + 1).fill(0), sum: 0 }
      this.#byKind.set(kind, times)
    }
    const { counts } = times
    let place = 0
    while (seconds > (bounds[place] ?? Number.POSITIVE_INFINITY)) place++
    counts[place] = (counts[place] ?? 0) + 1
    times.sum += seconds
  }

  write(text: Exposition): void {
    const name = 'pgq_delivery_seconds'
    text.family(
      name,
      'histogram',
      'Age of a tick when its message was handed to the connection of a subscriber',
    )
    for (const [kind, { counts, sum }] of this.#byKind) {
      let total = 0
      for (const [place, count] of counts.entries()) {
        total += count
        const labels = [
          ['kind', kind],
          ['le', String(bounds[place] ?? '+Inf')],
        ] as const
        text.series(`${name}_bucket`, labels, total)
      }
      text.series(`${name}_sum`, [['kind', kind]], sum)
      text.series(`${name}_count`, [['kind', kind]], total)
    }
  }
}
