import type { Int8 } from '../../int8.ts'
import type { Statement } from '../../postgres/call.ts'
import type { Loader } from '../loader.ts'

/** What the event tables of a queue take on disk. */
export interface EventTableSizes {
  bytes: Int8
  /** Tables that hold events. */
  filledTables: number
}

const sizesStatement: Statement = {
  name: 'event-table-sizes',
  role: 'reader',
  kind: 'listing',
  text: `select queue_id as "queueId", bytes, filled_tables as "filledTables" from pgq_gateway.event_table_bytes($1)`,
}

/** Measures the event tables of a queue, by queue id. */
export const eventTableSizes: Loader<number, EventTableSizes> = async (database, queueIds) => {
  const rows = await database.call<EventTableSizes & { queueId: number }>(sizesStatement, [queueIds])
  const sizes = new Map(rows.map((row) => [row.queueId, row]))
  return (queueId) => sizes.get(queueId) ?? { bytes: '0', filledTables: 0 }
}
