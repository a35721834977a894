import { formatSeconds } from '../duration.ts'
import type { Api, Variables } from './api/api.ts'
import { type QueueRow, queueSelection, troubleOfQueueRow } from './queue-row.ts'
import { type Column, formatTable } from './table.ts'
import { isSome, lagInWords, type Trouble, toneOfLag, troubleOfConsumer, worstFirst } from './troubles.ts'

interface Page<Row> {
  nodes: Row[]
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
}

/** Number of rows that are asked for at once. */
const PAGE_SIZE = 500

/** A list of the API, and how it is shown. */
interface Listing<Row> {
  /** Its field, with its arguments; `$after` and `$first` are the page's. */
  field: string
  /** Declares the variables of these arguments. */
  declared: string
  selection: string
  /** What is said where it is empty. */
  none: string
  columns: readonly Column<Row>[]
  /** Finds what is wrong with a row; a table begins with the worst. Default: nothing can be. */
  troubleOf?(row: Row): Trouble | null
}

/** Reads a whole list and formats it as a table, or as JSON. */
export async function list<Row>(
  api: Api,
  { field, declared, selection, none, columns, troubleOf = () => null }: Listing<Row>,
  variables: Variables,
  json: boolean,
): Promise<string> {
  const query = `query ($first: Int!, $after: String, ${declared}) {
    page: ${field} { nodes { ${selection} } pageInfo { hasNextPage endCursor } }
  }`
  const rows: Row[] = []
  let after: string | null = null
  do {
    const given: Variables = { ...variables, first: PAGE_SIZE, after }
    const { page } = await api.ask<{ page: Page<Row> }>(query, given)
    rows.push(...page.nodes)
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
  } while (after !== null)
  if (json) return JSON.stringify(rows, null, 2)
  return rows.length === 0 ? none : formatTable(worstFirst(rows, troubleOf), columns)
}

export const queueListing: Listing<QueueRow> = {
  field: 'queues(database: $database, first: $first, after: $after)',
  declared: '$database: String!',
  selection: queueSelection,
  none: 'No queues.',
  troubleOf: troubleOfQueueRow,
  columns: [
    { title: 'Queue', value: ({ name }) => name },
    { title: 'Events/s', value: (queue) => queue.currentEventsPerSecond.toFixed(1), align: 'right' },
    { title: 'Since tick', value: ({ newEvents }) => newEvents, align: 'right' },
    { title: 'Tick age', value: (queue) => formatSeconds(queue.tickerLagSeconds), align: 'right' },
    { title: 'Retries', value: ({ retryCount }) => retryCount, align: 'right' },
    {
      title: 'Dead letters',
      value: ({ deadLetterCount }) => deadLetterCount,
      align: 'right',
      tone: ({ deadLetterCount }) => (isSome(deadLetterCount) ? 'warning' : null),
    },
    troubleColumn(troubleOfQueueRow),
  ],
}

interface ConsumerRow {
  name: string
  queue: { name: string }
  connected: boolean
  pendingEvents: string | null
  oldestPendingSeconds: number | null
  openBatchSeconds: number | null
  lastSeenSeconds: number
}

export const consumerListing: Listing<ConsumerRow> = {
  field: 'consumers(database: $database, queue: $queue, first: $first, after: $after)',
  declared: '$database: String!, $queue: String',
  selection:
    'name queue { name } connected pendingEvents oldestPendingSeconds openBatchSeconds lastSeenSeconds',
  none: 'No consumers.',
  troubleOf: troubleOfConsumer,
  columns: [
    { title: 'Queue', value: ({ queue }) => queue.name },
    { title: 'Consumer', value: ({ name }) => name },
    { title: 'Connected', value: ({ connected }) => (connected ? 'yes' : 'no') },
    { title: 'Pending', value: ({ pendingEvents }) => pendingEvents, align: 'right' },
    {
      title: 'Lag',
      value: ({ oldestPendingSeconds }) => lagInWords(oldestPendingSeconds),
      align: 'right',
      tone: ({ oldestPendingSeconds }) => toneOfLag(oldestPendingSeconds),
    },
    { title: 'Last seen', value: (consumer) => formatSeconds(consumer.lastSeenSeconds), align: 'right' },
    troubleColumn(troubleOfConsumer),
  ],
}

interface DeadLetterRow {
  deadLetterId: string
  queue: { name: string }
  consumerName: string
  reason: string | null
  failedAt: string
  event: { eventId: string; type: string | null; data: string | null }
}

export const deadLetterListing: Listing<DeadLetterRow> = {
  field:
    'deadLetters(database: $database, queue: $queue, consumer: $consumer, filter: $filter, first: $first, after: $after)',
  declared: '$database: String!, $queue: String, $consumer: String, $filter: DeadLetterFilter',
  selection: 'deadLetterId queue { name } consumerName reason failedAt event { eventId type data }',
  none: 'No dead letters.',
  columns: [
    { title: 'Id', value: ({ deadLetterId }) => deadLetterId, align: 'right' },
    { title: 'Queue', value: ({ queue }) => queue.name },
    { title: 'Consumer', value: ({ consumerName }) => consumerName },
    { title: 'Failed', value: ({ failedAt }) => failedAt },
    { title: 'Type', value: ({ event }) => event.type },
    { title: 'Reason', value: ({ reason }) => reason },
  ],
}

function troubleColumn<Row>(troubleOf: (row: Row) => Trouble | null): Column<Row> {
  return {
    title: 'What is wrong',
    value: (row) => troubleOf(row)?.words ?? null,
    tone: (row) => troubleOf(row)?.tone ?? null,
  }
}
