import type { Int8 } from '../../int8.ts'
import { type ArrayText, elementsOf } from '../../postgres/array-text.ts'
import type { Statement } from '../../postgres/call.ts'
import type { DatabaseView } from '../database-view.ts'
import { rangeValues } from './event-places.ts'
import { filterValues } from './event-row.ts'

const valueColumns = {
  types: 'ev_type',
  data: 'ev_data',
  extra1: 'ev_extra1',
  extra2: 'ev_extra2',
  extra3: 'ev_extra3',
  extra4: 'ev_extra4',
}

/** Name of a column with what somebody has put into the events. */
export type ValueColumn = keyof typeof valueColumns
export const valueColumnNames = Object.keys(valueColumns) as ValueColumn[]

/** Events by column, one element for each. A column of values is null where no event has one. */
export interface EventColumns extends Record<ValueColumn, ArrayText | null> {
  count: number
  ids: ArrayText
  times: ArrayText
  /** Null where nobody asked for them. */
  txids: ArrayText | null
}

/** Events between two ticks, or the next part of them. */
export interface EventPart {
  columns: EventColumns
  /** Whether there may be more; then a part without events may be the last. */
  hasMore: boolean
  /** Last id of the part, also where a filter leaves its event out; null where it ends with the last. */
  lastId: Int8 | null
}

/** What of the events of a queue is to be read. */
export interface PartOfTicks {
  queue: string
  queueId: number
  fromTick: Int8
  toTick: Int8
  after: Int8 | null
  types: readonly string[] | null
  hasTxids: boolean
  maxCount: number
  /** Bound for the values of more than one event. */
  maxBytes: number
}

interface PartRow extends EventColumns {
  lastId: Int8 | null
  found: number
  bytes: number
}

const sizeOfValues = Object.values(valueColumns)
  .map((column) => `coalesce(octet_length(${column}), 0)`)
  .join(' + ')
const arraysOfValues = Object.entries(valueColumns)
  .map(([name, column]) => `case when count(${column}) > 0 then array_agg(${column})::text end as ${name}`)
  .join(', ')

/** Events that share an id are kept together: they are peers to the windows. */
function partText(events: string, maxBytes: string, hasTxids: string): string {
  return `select count(*)::int as count, coalesce(max(found), 0)::int as found, coalesce(max(bytes), 0)::float8 as bytes,
      max(ev_id) as "lastId", coalesce(array_agg(ev_id)::text, '{}') as ids, coalesce(array_agg(ev_time)::text, '{}') as times,
      (array_agg(ev_txid) filter (where ${hasTxids}))::text as txids, ${arraysOfValues}
    from (select *, count(*) over () as found, first_value(ev_id) over by_id as first_id, sum(${sizeOfValues}) over by_id as bytes
            from ${events}
          window by_id as (order by ev_id)
           order by ev_id) e
   where bytes <= ${maxBytes} or ev_id = first_id`
}

const ticksStatement: Statement = {
  name: 'columns-of-ticks',
  role: 'reader',
  text: partText(
    'pgq_gateway.tick_events($1, $2, $3, row($4, $5, $6, $7, $8, $9, $10)::pgq_gateway.event_selection)',
    '$11',
    '$12',
  ),
}

const placeStatement: Statement = {
  name: 'columns-of-place',
  role: 'reader',
  text: partText(
    'pgq_gateway.events_within($1, $2, $3, $4, $5, $6, $7, $8, row($9, $10, $11, $12, $13, $14, $15)::pgq_gateway.event_selection)',
    '$16',
    '$17',
  ),
}

/**
 * Reads events between two ticks that belong to every consumer, by id.
 *
 * @throws PgqError `NOT_FOUND` when the log no longer reaches back to `fromTick`.
 */
export async function readPart(view: DatabaseView, wanted: PartOfTicks): Promise<EventPart> {
  const { queue, queueId, fromTick, toTick, after, types, hasTxids, maxCount, maxBytes } = wanted
  const range = { queueId, fromTick, toTick }
  const limit = view.state.sizes.fit(queue, maxCount, maxBytes)
  const selection = [after, limit, ...filterValues({ types }), maxBytes, hasTxids]
  const places = await view.state.places.after(queue, range, after)
  if (!places) {
    const row = await askPart(view, queue, ticksStatement, [queueId, fromTick, toTick, ...selection])
    return partOf(row, limit)
  }
  const [place] = places
  if (!place) return partOf(noEvents, limit)
  const { tables, firstTids, lastTids, lastId } = place
  const values = [...rangeValues(range), tables, firstTids, lastTids, lastId, ...selection]
  const part = partOf(await askPart(view, queue, placeStatement, values), limit)
  return part.hasMore ? part : { ...part, hasMore: places.length > 1, lastId }
}

const noEvents: PartRow = {
  count: 0,
  found: 0,
  bytes: 0,
  lastId: null,
  ids: '{}',
  times: '{}',
  txids: null,
  types: null,
  data: null,
  extra1: null,
  extra2: null,
  extra3: null,
  extra4: null,
}

async function askPart(
  view: DatabaseView,
  queue: string,
  statement: Statement,
  values: readonly unknown[],
): Promise<PartRow> {
  const [row = noEvents] = await view.call<PartRow>(statement, values, queue)
  if (row.count > 0) view.state.sizes.learn(queue, row.bytes / row.count)
  return row
}

function partOf({ lastId, found, bytes: _, ...columns }: PartRow, limit: number): EventPart {
  return { columns, hasMore: found > columns.count || found >= limit, lastId }
}

/** Takes the values of events apart, for who must look into them: types, data, extra1 to extra4. */
export function valuesOf(columns: EventColumns): (string | null)[][] {
  const lists = valueColumnNames.map((name) => elementsOf(columns[name] ?? '{}'))
  return Array.from({ length: columns.count }, (_, index) => lists.map((list) => list[index] ?? null))
}
