import type { Statement } from '../../postgres/call.ts'
import type { Database } from '../../postgres/database.ts'

/** One series of a database. */
export interface MetricRow {
  metric: string
  queue: string
  /** Null for what is about a queue. */
  consumer: string | null
  value: number
}

const statement: Statement = {
  name: 'metrics',
  role: 'reader',
  kind: 'listing',
  text: `select metric, queue_name as queue, consumer_name as consumer, value from pgq_gateway.metrics()`,
}

export function findMetrics(database: Database): Promise<MetricRow[]> {
  return database.call<MetricRow>(statement)
}
