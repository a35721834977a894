import { PgqError } from '../../errors.ts'
import type { Int8 } from '../../int8.ts'
import type { Context } from '../context.ts'
import type { EventValues } from '../event-types/type-cache.ts'
import { MAX_JSON_DEPTH, shallowJson } from '../events/json-depth.ts'

/** An event to be published. */
export interface EventInput {
  type?: string | null | undefined
  data?: string | null | undefined
  /** Any JSON value, stored as text in place of `data`; its numbers may be exact ones. */
  json?: unknown
  extra1?: string | null | undefined
  extra2?: string | null | undefined
  extra3?: string | null | undefined
  extra4?: string | null | undefined
}

/**
 * Inserts events in one statement and one transaction, all or none.
 *
 * @returns Their ids, in the order given.
 * @throws PgqError `QUEUE_NOT_FOUND`, `QUEUE_DISABLED`; `BAD_INPUT` and `INVALID_PAYLOAD` naming the event at fault;
 *   `LIMIT_EXCEEDED`.
 */
export async function insertEvents(
  context: Context,
  input: { database: string; queue: string; events: readonly EventInput[] },
): Promise<Int8[]> {
  context.budget.spendEvents('events', input.events.length)
  const events = toEventRows(input.events, 'events')
  const { inserts } = context.database(input.database)
  await context.budget.spendPublished(events.length)
  return inserts.insertAll(input.queue, events, (index) =>
    payloadField(input.events[index], `events[${index}].`),
  )
}

/** Inserts a single event like `insertEvents`, in a transaction shared with others of the same moment. */
export async function insertEvent(
  context: Context,
  input: EventInput & { database: string; queue: string },
): Promise<Int8> {
  const event = toEventValues(input, '')
  const { inserts } = context.database(input.database)
  await context.budget.spendPublished(1)
  return inserts.insertOne(input.queue, event, payloadField(input, ''))
}

/** Returns an event's values in SQL's order. @param path Prefix of the event's fields in the input, for errors. */
function toEventValues(event: EventInput, path: string): EventValues {
  return [
    event.type ?? null,
    dataOf(event, path),
    event.extra1 ?? null,
    event.extra2 ?? null,
    event.extra3 ?? null,
    event.extra4 ?? null,
  ]
}

/** Converts events to the values that SQL takes. @param field Name of the list in the input, for errors. */
export function toEventRows(events: readonly EventInput[], field: string): EventValues[] {
  return events.map((event, index) => toEventValues(event, `${field}[${index}].`))
}

/** Names the field that holds the payload. @param path Prefix of the event's fields in the input. */
export function payloadField(event: EventInput | undefined, path: string): string {
  return `${path}${event?.data == null ? 'json' : 'data'}`
}

function dataOf(event: EventInput, path: string): string | null {
  if (event.json === undefined) {
    if (isEmpty(event)) {
      throw new PgqError(
        'BAD_INPUT',
        'An event needs at least one of type, data, json or extra1 to extra4; an empty string will do',
        {
          field: `${path}data`,
        },
      )
    }
    return event.data ?? null
  }
  if (event.data != null) {
    throw new PgqError('BAD_INPUT', 'Give data or json, not both', { field: `${path}json` })
  }
  return toText(event.json, path)
}

function toText(json: unknown, path: string): string {
  const text = shallowJson(json)
  if (text !== null) return text
  throw new PgqError(
    'BAD_INPUT',
    `${path}json is nested deeper than ${MAX_JSON_DEPTH} lists and objects; send a flatter one, or its text as data`,
    { field: `${path}json` },
  )
}

function isEmpty(event: EventInput): boolean {
  return (event.type ?? event.data ?? event.extra1 ?? event.extra2 ?? event.extra3 ?? event.extra4) == null
}
