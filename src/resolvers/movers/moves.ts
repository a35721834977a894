import { groupBy } from '../../group-by.ts'
import type { Int8 } from '../../int8.ts'
import { joinArrays, repeatedElement } from '../../postgres/array-text.ts'
import type { Statement } from '../../postgres/call.ts'
import type { Database } from '../../postgres/database.ts'
import type { DatabaseView } from '../database-view.ts'
import type { PayloadFault, QueueTypes } from '../event-types/type-cache.ts'
import { type ValueColumn, valueColumnNames } from '../events/event-columns.ts'
import { faultsByQueue, insertChecked, invalidPayload } from '../publishing/checked-insert.ts'
import type { MovedEvents } from './moved-events.ts'

/** What a mover knows of a queue that it reads; see `pgq_gateway.queue_origin`. */
export interface QueueOrigin {
  queueId: number
  identity: string
  upstream: string[]
}

const originStatement: Statement = {
  name: 'queue-origin',
  role: 'reader',
  text: 'select queue_id as "queueId", identity, upstream from pgq_gateway.queue_origin($1)',
}

/** @throws PgqError `QUEUE_NOT_FOUND`. */
export async function findQueueOrigin(database: Database, queue: string): Promise<QueueOrigin> {
  const [origin] = await database.call<QueueOrigin>(originStatement, [queue], { queue })
  if (!origin) throw new Error('queue_origin has returned no row')
  return origin
}

/** A batch of a source, or a part of it, as `pgq_gateway.move` has it. */
export interface MoveHead {
  source: string
  origin: QueueOrigin
  prevTickId: Int8
  prevTickTime: string
  tickId: Int8
  tickTime: string
  /** The part has the events with ids past this one; null for the batch's first. */
  after: Int8 | null
  /** Last id of the part, also where a filter leaves its event out; null where the batch has none. */
  last: Int8 | null
  isLast: boolean
}

/** A move with its events. */
export interface Move extends MoveHead {
  events: MovedEvents
}

/** What has become of a move. */
export interface MoveOutcome {
  outcome: 'moved' | 'done' | 'paused' | 'stopped' | 'unfit'
  /** Why it was stopped, or does not follow what is in the target. */
  reason: string | null
}

const moveStatement: Statement = {
  name: 'move-events',
  role: 'writer',
  text: `select outcome, reason from pgq_gateway.move_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
  refusalCode: 'BAD_INPUT',
}

/**
 * Moves events of several sources in one statement and one transaction; their payloads must match the types of the target.
 *
 * @returns An outcome for each move.
 * @throws PgqError `QUEUE_NOT_FOUND`, `QUEUE_DISABLED`, `INVALID_PAYLOAD`, `BAD_INPUT`; then nothing was moved.
 */
export async function moveEvents(
  { database, state }: DatabaseView,
  mover: string,
  moves: readonly Move[],
): Promise<MoveOutcome[]> {
  const parts = moves.map(({ events }) => events)
  const queues = [...new Set(parts.flatMap((part) => part.queues))]
  const numbers = new Map(queues.map((queue, index) => [queue, index + 1]))
  const numberOf = (queue: string) => numbers.get(queue) ?? 0
  const outcomes = await insertChecked<MoveOutcome[]>(state.types, queues, {
    check: (typesOf) => (queues.every((queue) => typesOf(queue).isEmpty) ? [] : faultsIn(parts, typesOf)),
    insert: (typesOf) =>
      database.call<MoveOutcome>(moveStatement, [
        mover,
        JSON.stringify(moves.map(headOf)),
        queues,
        queues.map((queue) => typesOf(queue).revision),
        joinArrays(parts.map(({ count }, index) => repeatedElement(String(index + 1), count))),
        joinArrays(parts.map((part) => part.numbersOfQueues(numberOf))),
        joinArrays(parts.map(({ columns }) => columns.ids)),
        joinArrays(parts.map(({ columns }) => columns.times)),
        ...valueColumnNames.map((name) => joinColumns(parts, name)),
      ]),
    refuse: async (faults) => {
      const events = parts.flatMap((part) => part.rows())
      throw invalidPayload(faults, (index) => `event ${events[index]?.eventId}`)
    },
  })
  if (outcomes.some(({ outcome }) => outcome === 'moved'))
    for (const queue of queues) state.onPublished(queue)
  return outcomes
}

function faultsIn(parts: readonly MovedEvents[], typesOf: (queue: string) => QueueTypes): PayloadFault[] {
  const events = parts.flatMap((part) => part.rows())
  const places = groupBy(events.keys(), (index) => events[index]?.targetQueue ?? '')
  const values = events.map(({ type, data, extra1, extra2, extra3, extra4 }) => [
    type,
    data,
    extra1,
    extra2,
    extra3,
    extra4,
  ])
  return faultsByQueue(typesOf, places, values)
}

/** @returns Null where no event has a value; but SQL counts the events by the length of `types`. */
function joinColumns(parts: readonly MovedEvents[], name: ValueColumn): string | null {
  if (name !== 'types' && parts.every(({ columns }) => columns[name] === null)) return null
  return joinArrays(parts.map(({ columns, count }) => columns[name] ?? repeatedElement('NULL', count)))
}

/** Writes a move as `pgq_gateway.move`. */
export function headOf({
  source,
  origin,
  prevTickId,
  prevTickTime,
  tickId,
  tickTime,
  after,
  last,
  isLast,
}: MoveHead) {
  return {
    source,
    identity: origin.identity,
    upstream: origin.upstream,
    prev_tick: prevTickId,
    prev_tick_time: prevTickTime,
    tick: tickId,
    tick_time: tickTime,
    after_id: after,
    last_id: last,
    is_last: isLast,
  }
}
