import {
  ConsumerHistoryDocument,
  ConsumersLiveDocument,
  DeadLetterGroupsDocument,
  DeadLetterJobsDocument,
  DeadLetterPageDocument,
  DiagnoseDocument,
  MayInDatabaseDocument,
  MayWithConsumerDocument,
  MayWithDeadLettersDocument,
  NamesDocument,
  QueueDetailsDocument,
  QueueHistoryDocument,
  QueueLiveDocument,
  QueuePageDocument,
  QueuesLiveDocument,
  RecentTicksDocument,
  TicksLiveDocument,
  TraceEventDocument,
} from '../../dashboard/src/generated/operations.ts'

/** An operation as a page sends it. */
export interface Operation {
  query: string
  variables: Record<string, unknown>
  /** It speaks only when something happens, so nobody waits for its first message. */
  isSilent?: boolean
}

const database = 'main'
/** What surrounds every page. */
const shell: Operation[] = [
  { query: NamesDocument, variables: {} },
  { query: MayInDatabaseDocument, variables: { database } },
]

/** The list of queues, of which those in view are followed where there are many. */
export function queuesPage(inView: readonly string[]): Operation[] {
  return [
    ...shell,
    { query: QueuePageDocument, variables: { database, after: null } },
    { query: QueuesLiveDocument, variables: { database, queues: inView } },
  ]
}

export function queuePage(queue: string): Operation[] {
  const place = { database, queue }
  return [
    ...shell,
    { query: QueueLiveDocument, variables: place },
    { query: QueueDetailsDocument, variables: place },
    { query: QueueHistoryDocument, variables: place },
    { query: RecentTicksDocument, variables: { ...place, last: 13 } },
    { query: TicksLiveDocument, variables: place, isSilent: true },
  ]
}

export function consumerPage(queue: string, consumer: string): Operation[] {
  const place = { database, queue, consumer }
  return [
    ...shell,
    { query: ConsumersLiveDocument, variables: { database, queue } },
    { query: ConsumerHistoryDocument, variables: place },
    { query: MayWithConsumerDocument, variables: place },
  ]
}

export function deadLettersPage(queue: string): Operation[] {
  const choice = { database, queue, consumer: null, filter: {} }
  return [
    ...shell,
    { query: DeadLetterGroupsDocument, variables: choice },
    { query: DeadLetterPageDocument, variables: { ...choice, after: null } },
    { query: MayWithDeadLettersDocument, variables: { database, queue, consumer: null } },
    { query: DeadLetterJobsDocument, variables: { database } },
  ]
}

export function eventPage(queue: string, event: string): Operation[] {
  return [...shell, { query: TraceEventDocument, variables: { database, queue, event } }]
}

export function doctorPage(): Operation[] {
  return [...shell, { query: DiagnoseDocument, variables: { database } }]
}
