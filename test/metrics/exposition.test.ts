import { expect, test } from 'vitest'
import { type Answer, MAX_SERIES, writeAnswers } from '../../src/metrics/database-metrics.ts'
import { DeliveryTimes } from '../../src/metrics/delivery-times.ts'
import { Exposition } from '../../src/metrics/exposition.ts'
import { QueueSizes } from '../../src/metrics/queue-sizes.ts'
import { MEASURED_QUEUES } from '../../src/resolvers/metrics/metrics.ts'

const row = (metric: string, subject: string, value: number | null) => ({
  metric,
  subject,
  consumer: null,
  value,
})

test('series beyond the limit are counted, and the same ones are left out each time', async () => {
  const metric = 'pgq_queue_unticked_events'
  const series = Array.from({ length: MAX_SERIES + 3 }, (_, n) => row(metric, `q${n}`, n))
  const written = async (all: typeof series) => {
    const text = new Exposition()
    const rows = new Map([[metric, all]])
    const answer: Answer = { database: 'main', isReached: true, isListening: true, rows }
    await writeAnswers(text, [answer])
    return text.toString()
  }
  const text = await written(series)
  expect(text).toContain(`pgq_metrics_dropped_series{database="main",metric="${metric}"} 3\n`)
  expect(text.match(/^pgq_queue_unticked_events\{/gm)).toHaveLength(MAX_SERIES)
  expect(await written(series.toReversed())).toBe(text)
})

test('sizes are measured in turns, kept while they are not known, and forgotten with their queues', () => {
  const sizes = new QueueSizes()
  const names = Array.from({ length: MEASURED_QUEUES + 1 }, (_, n) => `q${String(n).padStart(4, '0')}`)
  const scraped = (measured: readonly string[], bytes: number | null, there = names) =>
    sizes
      .complete([
        ...there.map((name) => row('pgq_queue_events_total', name, 0)),
        ...measured.map((name) => row('pgq_queue_table_bytes', name, bytes)),
      ])
      .filter(({ metric }) => metric === 'pgq_queue_table_bytes')
  expect(sizes.after).toBe('')
  expect(scraped(names.slice(0, MEASURED_QUEUES), 1)).toHaveLength(MEASURED_QUEUES)
  expect(sizes.after).toBe(names[MEASURED_QUEUES - 1])
  expect(scraped(names.slice(MEASURED_QUEUES), 1)).toHaveLength(MEASURED_QUEUES + 1)
  expect(sizes.after).toBe('')
  expect(scraped(names.slice(0, 1), null)[0]?.value).toBe(1)
  expect(scraped([], 1, names.slice(2))).toHaveLength(MEASURED_QUEUES - 1)
})

test('deliveries are counted by the age of their tick, which no clock makes negative', () => {
  const times = new DeliveryTimes()
  const tickMs = Date.parse('2026-11-28T12:00:00.000000Z')
  for (const ageMs of [-5_000, 30, 60_000])
    times.observe('tail', '2026-11-28T12:00:00.000000Z', tickMs + ageMs)
  const text = new Exposition()
  times.write(text)
  const lines = String(text).split('\n')
  expect(lines).toContain('pgq_delivery_seconds_bucket{kind="tail",le="0.005"} 1')
  expect(lines).toContain('pgq_delivery_seconds_bucket{kind="tail",le="0.05"} 2')
  expect(lines).toContain('pgq_delivery_seconds_bucket{kind="tail",le="10"} 2')
  expect(lines).toContain('pgq_delivery_seconds_bucket{kind="tail",le="+Inf"} 3')
  expect(lines).toContain('pgq_delivery_seconds_sum{kind="tail"} 60.03')
})
