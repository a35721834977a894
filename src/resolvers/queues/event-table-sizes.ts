import { PgqError } from '../../errors.ts'
import type { Int8 } from '../../int8.ts'
import type { Statement } from '../../postgres/call.ts'
import type { DatabaseView } from '../database-view.ts'
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

/** Measures the event tables of a queue, by queue id; null while somebody has locked one. */
export const eventTableSizes: Loader<number, EventTableSizes | null> = async (database, queueIds) => {
  const rows = await database.call<SizesRow>(sizesStatement, [queueIds])
  const sizes = new Map(rows.map((row) => [row.queueId, row]))
  return (queueId) => {
    const { bytes, filledTables } = sizes.get(queueId) ?? { bytes: '0', filledTables: 0 }
    return bytes === null || filledTables === null ? null : { bytes, filledTables }
  }
}

/** What is measured of a queue: nothing while somebody has locked a table. */
interface SizesRow {
  queueId: number
  bytes: Int8 | null
  filledTables: number | null
}

/** Measures the event tables of a queue. @throws PgqError `UNAVAILABLE` while somebody has locked one. */
export async function measureEventTables(view: DatabaseView, queueId: number): Promise<EventTableSizes> {
  const sizes = await view.load(eventTableSizes, queueId)
  if (sizes) return sizes
  throw new PgqError('UNAVAILABLE', 'An event table of the queue is locked; ask for its size again')
}
