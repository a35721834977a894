import { MEASURED_QUEUES, type MetricRow } from '../resolvers/metrics/metrics.ts'

const METRIC = 'pgq_queue_table_bytes'

/** Remembers the sizes of queues, of which each scrape measures some, in the order of their names. */
export class QueueSizes {
  #known = new Map<string, number>()
  #after = ''

  /** Name after which the next scrape measures. */
  get after(): string {
    return this.#after
  }

  /** Learns from the answer to a scrape. @returns Its rows, with the last known size of every queue that there is. */
  complete(rows: readonly MetricRow[]): MetricRow[] {
    const others = rows.filter(({ metric }) => metric !== METRIC)
    const measured = rows.filter(({ metric }) => metric === METRIC)
    for (const { subject, value } of measured) if (value !== null) this.#known.set(subject, value)
    const isWhole = measured.length < MEASURED_QUEUES
    this.#after = isWhole ? '' : (measured.map(({ subject }) => subject).at(-1) ?? '')
    const queues = others.flatMap(({ metric, subject }) =>
      metric === 'pgq_queue_events_total' ? [subject] : [],
    )
    const sizes = queues.flatMap((subject): [string, number][] => {
      const bytes = this.#known.get(subject)
      return bytes === undefined ? [] : [[subject, bytes]]
    })
    this.#known = new Map(sizes)
    return [
      ...others,
      ...sizes.map(([subject, value]) => ({ metric: METRIC, subject, consumer: null, value })),
    ]
  }
}
