import { PgqError } from '../../../errors.ts'
import type { Int8 } from '../../../int8.ts'
import type { SubjectTemplate } from '../../../nats/subject.ts'
import { elementsOf } from '../../../postgres/array-text.ts'
import { type EventColumns, valuesOf } from '../../../resolvers/events/event-columns.ts'

/** A message of NATS for an event. */
export interface EventMessage {
  eventId: Int8
  subject: string
  headers: readonly (readonly [name: string, value: string])[]
  payload: Uint8Array
}

/** Where events come from, and what names them. */
export interface MessageOrigin {
  mover: string
  database: string
  queue: string
  /** Tells the queue from any other that ever was. */
  identity: string
}

/** Longest subject (characters): the server cuts off who sends longer lines. */
const MAX_SUBJECT = 2_000

/** Makes the messages of events in their order. @throws PgqError `BAD_INPUT` as `toMessage` does. */
export function toMessages(
  columns: EventColumns,
  origin: MessageOrigin,
  template: SubjectTemplate,
): EventMessage[] {
  const [ids, times, txids] = [columns.ids, columns.times, columns.txids ?? '{}'].map(elementsOf)
  return valuesOf(columns).map(([type = null, data = null, ...extras], index) => {
    const [extra1 = null, extra2 = null, extra3 = null, extra4 = null] = extras
    const eventId = ids?.[index] ?? ''
    const [time = null, txid = null] = [times?.[index], txids?.[index]]
    const event = { eventId, time, txid, type, data, extra1, extra2, extra3, extra4 }
    return toMessage(event, origin, template)
  })
}

interface TakenApart
  extends Record<'type' | 'data' | 'extra1' | 'extra2' | 'extra3' | 'extra4', string | null> {
  eventId: Int8
  /** As PostgreSQL writes it, in UTC. */
  time: string | null
  txid: Int8 | null
}

/** @throws PgqError `BAD_INPUT` for an event whose subject would be too long. */
function toMessage(event: TakenApart, origin: MessageOrigin, template: SubjectTemplate): EventMessage {
  const { mover, database, queue, identity } = origin
  const { eventId, time, txid, type, data } = event
  const subject = template.format({ ...event, database, queue })
  if (subject.length > MAX_SUBJECT)
    throw new PgqError(
      'BAD_INPUT',
      `Event ${eventId} would have a subject of ${subject.length} characters, and ${MAX_SUBJECT} are the most; leave the placeholder of a long value out of to.subject`,
    )
  const named: [string, string | null][] = [
    // A producer's own id would let one source swallow the events of another one.
    ['Nats-Msg-Id', `${identity}/${eventId}/${mover}`],
    ['Pgq-Database', database],
    ['Pgq-Queue', queue],
    ['Pgq-Event-Id', eventId],
    ['Pgq-Time', time && toIso(time)],
    ['Pgq-Txid', txid],
    ['Pgq-Type', type],
    ['Pgq-Extra1', event.extra1],
    ['Pgq-Extra2', event.extra2],
    ['Pgq-Extra3', event.extra3],
    ['Pgq-Extra4', event.extra4],
    ['Pgq-Data-Is-Null', data === null ? 'true' : null],
  ]
  const headers = named.flatMap(([name, value]) => (value === null ? [] : [[name, encode(value)] as const]))
  return { eventId, subject, headers, payload: Buffer.from(data ?? '') }
}

/** Counts the bytes that a message takes of the server's `max_payload`. */
export function sizeOf({ headers, payload }: EventMessage): number {
  const lines = headers.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0)
  return 'NATS/1.0\r\n\r\n'.length + lines + payload.length
}

/** Percent-encodes what is not visible ASCII, since lines and their ends mean something in headers. */
function encode(value: string): string {
  return value.replace(/[^\x21-\x7e]+|%/gu, encodeURIComponent)
}

function toIso(time: string): string {
  return time.replace(' ', 'T').replace(/\+00$/, 'Z')
}
