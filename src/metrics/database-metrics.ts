import { Counter, Gauge, Registry } from 'prom-client'
import { withDeadline } from '../async/deadline.ts'
import type { LiveDatabase } from '../database/live-database.ts'
import { groupBy } from '../group-by.ts'
import { findMetrics, type MetricRow } from '../resolvers/metrics/metrics.ts'

/** Largest number of series of one metric and database; the others are counted. */
const MAX_SERIES = 10_000
/** A database that takes longer counts as down (milliseconds). */
const PATIENCE_MS = 2_000

const gauges: Readonly<Record<string, string>> = {
  pgq_queue_unticked_events: 'Events since the newest tick',
  pgq_queue_ticker_lag_seconds: 'Age of the newest tick',
  pgq_queue_table_bytes: 'Size of the event tables with their indexes',
  pgq_queue_rotation_blocked_seconds: 'Time for which a consumer has kept a due rotation from happening',
  pgq_consumer_lag_seconds: 'Age of the last tick that the consumer has finished',
  pgq_consumer_pending_events: 'Events between that tick and the newest one',
  pgq_consumer_last_seen_seconds: 'Time since the consumer was active',
  pgq_batch_open_seconds: 'Time for which a batch has been open',
  pgq_retry_events: 'Events that wait in the retry queue',
  pgq_dead_letters: 'Dead letters that are kept',
}

/** Asks all databases at once, each with one statement, and writes what they answer in the format of Prometheus. */
export async function writeDatabaseMetrics(databases: readonly LiveDatabase[]): Promise<string> {
  const registry = new Registry()
  const registers = [registry]
  const labelNames = ['database', 'queue', 'consumer'] as const
  const up = new Gauge({
    name: 'pgq_database_up',
    help: 'Whether the database answers',
    labelNames: ['database'],
    registers,
  })
  const listening = new Gauge({
    name: 'pgq_listen_connected',
    help: 'Whether ticks of the database are heard as they are made',
    labelNames: ['database'],
    registers,
  })
  const dropped = new Gauge({
    name: 'pgq_metrics_dropped_series',
    help: `Series that are left out, beyond ${MAX_SERIES} of one metric and database`,
    labelNames: ['database', 'metric'],
    registers,
  })
  const events = new Counter({
    name: 'pgq_queue_events_total',
    help: 'Events that were inserted',
    labelNames: ['database', 'queue'],
    registers,
  })
  const families = new Map(
    Object.entries(gauges).map(([name, help]) => [name, new Gauge({ name, help, labelNames, registers })]),
  )

  const write = ({ metric, queue, consumer, value }: MetricRow, database: string) => {
    if (metric === 'pgq_queue_events_total') events.inc({ database, queue }, value)
    else
      families
        .get(metric)
        ?.set(consumer === null ? { database, queue } : { database, queue, consumer }, value)
  }

  await Promise.all(
    databases.map(async (live) => {
      const database = live.name
      const rows = await ask(live)
      up.set({ database }, rows ? 1 : 0)
      listening.set({ database }, live.feed.isListening ? 1 : 0)
      for (const [metric, series] of groupBy(rows ?? [], (row) => row.metric)) {
        for (const row of series.slice(0, MAX_SERIES)) write(row, database)
        if (series.length > MAX_SERIES) dropped.set({ database, metric }, series.length - MAX_SERIES)
      }
    }),
  )
  return registry.metrics()
}

/** Asks a database. @returns Null where it is known to be away, fails, or does not answer in time. */
async function ask({ database }: LiveDatabase): Promise<MetricRow[] | null> {
  if (!database.isReady || database.outages.reason !== null) return null
  return withDeadline(findMetrics(database), PATIENCE_MS, 'metrics').catch(() => null)
}
