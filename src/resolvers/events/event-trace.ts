import type { Int8 } from '../../int8.ts'
import type { Statement } from '../../postgres/call.ts'
import type { Context } from '../context.ts'
import { type TickRow, tickById } from '../ticks/ticks.ts'
import type { EventRow } from './event-row.ts'
import { findLoggedEvent } from './event-search.ts'

/** Where an event is for a consumer, as `event_consumers` says. */
export type EventState = 'PASSED' | 'PENDING' | 'IN_OPEN_BATCH' | 'WAITING_RETRY' | 'DEAD_LETTER'

export interface ConsumerOfEvent {
  consumerName: string
  state: EventState
  batchId: Int8 | null
  retryAt: string | null
  retryCount: number | null
  deadLetterId: Int8 | null
  reason: string | null
  failedAt: string | null
}

/** What has become of an event. */
export interface EventTrace {
  eventId: Int8
  /** Null where it is not in the log: not any more, or never. */
  event: EventRow | null
  /** The tick whose batch has it; null where there is none yet, or it is not in the log. */
  tick: TickRow | null
  consumers: ConsumerOfEvent[]
}

const tickStatement: Statement = {
  name: 'tick-of-transaction',
  role: 'reader',
  text: 'select pgq_gateway.tick_of_transaction($1, $2) as "tickId"',
}

const consumersStatement: Statement = {
  name: 'event-consumers',
  role: 'reader',
  kind: 'listing',
  text: `select consumer_name as "consumerName", state, batch_id as "batchId", retry_at as "retryAt", retry_count as "retryCount",
    dead_letter_id as "deadLetterId", reason, failed_at as "failedAt" from pgq_gateway.event_consumers($1, $2, $3, $4)`,
}

/** Finds where an event of a queue has gone. @throws PgqError `QUEUE_NOT_FOUND`. */
export async function traceEvent(
  context: Context,
  input: { database: string; queue: string; eventId: Int8 },
): Promise<EventTrace> {
  const { database, queue, eventId } = input
  const view = context.database(database)
  const event = await findLoggedEvent(context, input)
  const [row] = event
    ? await view.call<{ tickId: Int8 | null }>(tickStatement, [queue, event.txid], queue)
    : []
  const tickId = row?.tickId ?? null
  const tick = tickId === null ? null : await view.load(tickById, { queue, tickId })
  const values = [queue, eventId, tickId, event !== null]
  const consumers = await view.call<ConsumerOfEvent>(consumersStatement, values, queue)
  return { eventId, event, tick, consumers }
}
