import { countOf } from '../../count-of.ts'
import type { Api } from '../api/api.ts'
import type { Progress } from '../progress.ts'
import { printable } from '../table.ts'
import { type LoggedEvent, lineOf } from './event-line.ts'
import type { JsonCondition } from './json-condition.ts'

/** Number of events that are asked for at once. */
const PAGE_SIZE = 500

interface Given {
  database: string
  queue: string
  /** Conditions of the API, but for that on the JSON of the data. */
  filter: Readonly<Record<string, unknown>>
  json: JsonCondition | null
  /** Where an earlier search has ended; undefined for the newest event. */
  after: string | undefined
  /** Number of events after which it ends; undefined for none. */
  limit: number | undefined
  asJson: boolean
}

interface Means {
  print(line: string): void
  /** Tells where the search has ended. */
  tellEnd(line: string): void
  tell: Progress
  /** Ends the search after the statement that is under way, which is short. */
  interrupted: AbortSignal
}

interface Page {
  nodes: LoggedEvent[]
  pageInfo: { endCursor: string | null }
  searchedTo: { eventId: string; time: string } | null
  complete: boolean
}

/** Prints the events of a log that meet the conditions, those written last first, to the end of the log or the limit. */
export async function searchEvents(api: Api, given: Given, means: Means): Promise<void> {
  const { database, queue, limit = Number.POSITIVE_INFINITY } = given
  const query = queryOf(given.json)
  let found = 0
  let after = given.after ?? null
  let position = 'Nothing was looked at'
  while (!means.interrupted.aborted && found < limit) {
    const first = Math.min(PAGE_SIZE, limit - found)
    const variables = { database, queue, ...given.filter, path: given.json?.path, first, after }
    const { events: page } = await api.ask<{ events: Page }>(query, variables)
    for (const event of page.nodes) means.print(given.asJson ? JSON.stringify(event) : lineOf(event))
    found += page.nodes.length
    if (page.searchedTo)
      position = `Searched back to event ${page.searchedTo.eventId} of ${page.searchedTo.time}`
    if (page.complete) {
      means.tellEnd(`${countOf(found, 'event')}. The log is searched to its beginning, or to --since.`)
      return
    }
    after = page.pageInfo.endCursor
    means.tell(() => `${position}, ${countOf(found, 'event')} so far …`)
  }
  means.tellEnd(`${countOf(found, 'event')}. ${position}; older ones follow with --after ${printable(after)}`)
}

function queryOf(json: JsonCondition | null): string {
  // A number stands in the query itself: JavaScript would round the value of a variable.
  const condition = json && `json: { path: $path, equals: ${json.literal} }`
  return `query (
    $database: String!, $queue: String!, $first: Int!, $after: String, $types: [String!], $contains: String, $from: DateTime,
    $to: DateTime, $extra1: String, $extra2: String, $extra3: String, $extra4: String${json ? ', $path: [String!]!' : ''}
  ) {
    events(database: $database, queue: $queue, first: $first, after: $after, filter: {
      types: $types, contains: $contains, from: $from, to: $to,
      extra1: $extra1, extra2: $extra2, extra3: $extra3, extra4: $extra4, ${condition ?? ''}
    }) {
      nodes { eventId time type data extra1 extra2 extra3 extra4 retry txid }
      pageInfo { endCursor } searchedTo { eventId time } complete
    }
  }`
}
