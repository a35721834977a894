import type { Api } from '../api/api.ts'
import { CliError } from '../connect.ts'
import { type Column, formatTable, printable } from '../table.ts'
import { type LoggedEvent, lineOf } from './event-line.ts'

interface Place {
  consumerName: string
  state: 'DEAD_LETTER' | 'IN_OPEN_BATCH' | 'PASSED' | 'PENDING' | 'WAITING_RETRY'
  batchId: string | null
  retryCount: number | null
  retryAt: string | null
  deadLetterId: string | null
  reason: string | null
}

interface Trace {
  event: (LoggedEvent & Record<string, unknown>) | null
  tick: { tickId: string; time: string } | null
  consumers: Place[]
}

const query = `query ($database: String!, $queue: String!, $eventId: BigInt!) {
  trace: event(database: $database, queue: $queue, eventId: $eventId) {
    eventId
    event { eventId time type data extra1 extra2 extra3 extra4 txid }
    tick { tickId time }
    consumers { consumerName state batchId retryCount retryAt deadLetterId failedAt reason }
  }
}`

/** Says where an event has gone. @throws CliError where nothing of it is left. */
export async function traceEvent(
  api: Api,
  input: { database: string; queue: string; eventId: string },
  asJson: boolean,
): Promise<string> {
  const { trace } = await api.ask<{ trace: Trace }>(query, input)
  const { event, tick, consumers } = trace
  if (event === null && consumers.length === 0) {
    throw new CliError(
      `Queue ${printable(input.queue)} holds no event ${input.eventId}: there was none, or rotation has emptied its table.`,
    )
  }
  if (asJson) return JSON.stringify(trace, null, 2)
  return [describeEvent(event), describeTick(event, tick), describePlaces(consumers)]
    .filter((part) => part !== '')
    .join('\n\n')
}

function describeEvent(event: Trace['event']): string {
  if (event === null) return 'Its event table is emptied; these still have it:'
  const extras = ['extra1', 'extra2', 'extra3', 'extra4'].flatMap((name) => {
    const value = event[name]
    return typeof value === 'string' ? [`${name}: ${printable(value)}`] : []
  })
  return [lineOf(event), ...extras].join('\n')
}

function describeTick(event: Trace['event'], tick: Trace['tick']): string {
  if (event === null) return ''
  return tick ? `In the batch that tick ${tick.tickId} of ${tick.time} ends.` : 'No tick has it yet.'
}

function describePlaces(consumers: readonly Place[]): string {
  return consumers.length === 0 ? 'No consumers.' : formatTable(consumers, columns)
}

const columns: readonly Column<Place>[] = [
  { title: 'Consumer', value: ({ consumerName }) => consumerName },
  { title: 'State', value: describeState },
  { title: 'Retries', value: ({ retryCount }) => retryCount, align: 'right' },
  { title: 'Reason', value: ({ reason }) => reason },
]

function describeState({ state, batchId, retryAt, deadLetterId }: Place): string {
  switch (state) {
    case 'DEAD_LETTER':
      return `given up on: dead letter ${deadLetterId}`
    case 'IN_OPEN_BATCH':
      return `in open batch ${batchId}`
    case 'PASSED':
      return 'passed'
    case 'PENDING':
      return 'waits'
    case 'WAITING_RETRY':
      return `again at ${retryAt}`
  }
}
