import type { Api } from '../api/api.ts'
import { printable } from '../table.ts'
import { type LoggedEvent, lineOf } from './event-line.ts'

interface Given {
  database: string
  queue: string
  /** Only events of these types; none for all. */
  types: readonly string[]
  /** The last tick that is not wanted; undefined for what is still to come. */
  after: string | undefined
  json: boolean
}

type Message =
  | { __typename: 'TickBatch'; tickId: string; events: LoggedEvent[] }
  | { __typename: 'Gap'; fromTick: string; toTick: string; reason: string }

const subscription = `subscription ($queue: String!, $database: String!, $after: BigInt, $filter: EventFilter) {
  tail(queue: $queue, database: $database, after: $after, filter: $filter) {
    __typename
    ... on TickBatch { tickId events { eventId time type data extra1 extra2 extra3 extra4 } }
    ... on Gap { fromTick toTick reason }
  }
}`

/** Prints events as they come, a line each, until the stream ends. What was missed is a line, too. */
export async function tail(api: Api, given: Given, print: (line: string) => void): Promise<void> {
  const { database, queue, types, after, json } = given
  const filter = types.length === 0 ? null : { types }
  for await (const { tail: message } of api.follow<{ tail: Message }>(subscription, {
    database,
    queue,
    after: after ?? null,
    filter,
  }))
    for (const line of linesOf(message, json)) print(line)
}

function linesOf(message: Message, json: boolean): string[] {
  if (message.__typename === 'Gap') {
    const { fromTick, toTick, reason } = message
    if (json) return [JSON.stringify({ gap: { fromTick, toTick, reason } })]
    return [printable(`Gap: the events between ticks ${fromTick} and ${toTick} are gone (${reason})`)]
  }
  const { tickId, events } = message
  if (json) return events.map((event) => JSON.stringify({ tickId, ...event }))
  return events.map(lineOf)
}
