import type { Statement } from '../../postgres/call.ts'
import type { Database } from '../../postgres/database.ts'

/** One series of a database. */
export interface MetricRow {
  metric: string
  /** A queue; for what is about a mover, its source. */
  subject: string
  /** A consumer, or the mover; null for what is about a queue. */
  consumer: string | null
  /** Null for the size of a queue while one of its tables is locked. */
  value: number | null
}

/** Largest number of queues whose size one scrape asks for: the server opens some files for each. */
export const MEASURED_QUEUES = 200

export const metricsStatement: Statement = {
  name: 'metrics',
  role: 'reader',
  kind: 'scrape',
  text: `select metric, queue_name as subject, consumer_name as consumer, value from pgq_gateway.metrics()
     union all
    select 'pgq_mover_events_total', source, mover, events_moved::float8
      from pgq_gateway.mover_sources(null) where source is not null
     union all
   (select 'pgq_queue_table_bytes', q.queue_name, null, b.bytes::float8
      from pgq_gateway.event_table_bytes(array(
             select queue_id from pgq.queue where queue_name > $1 order by queue_name limit ${MEASURED_QUEUES})) b
      join pgq.queue q on q.queue_id = b.queue_id
     order by q.queue_name)`,
}

/** Asks a database for what monitoring wants to know of it. @param after Measures queues whose names come after this one. */
export function findMetrics(database: Database, after: string): Promise<MetricRow[]> {
  return database.call<MetricRow>(metricsStatement, [after])
}
