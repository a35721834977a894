import { type Event, toEvent } from '../event.ts'
import {
  DeadLettersDocument,
  type DeadLettersQuery,
  DeleteDeadLettersDocument,
  type DeleteDeadLettersInput,
  RequeueDeadLettersDocument,
  type RequeueDeadLettersInput,
} from '../generated/operations.ts'
import type { Transport } from '../transport/transport.ts'
import { entriesOf } from './pages.ts'

type DeadLetterFields = DeadLettersQuery['deadLetters']['nodes'][number]

/** An event that was given up. `consumerName` is the main consumer, for a cooperative member. */
export type DeadLetter = Readonly<Omit<DeadLetterFields, 'event' | 'queue'>> & {
  readonly queue: string
  readonly event: Event
}

export interface DeadLetterOptions {
  /** Limits the dead letters to those of this queue. */
  queue?: string | undefined
  /** Limits the dead letters to those of this consumer. */
  consumer?: string | undefined
  /** The number of dead letters to ask for at once: at most, and by default, the server's limit. */
  pageSize?: number | undefined
  /** Ends the iteration with its reason when aborted. */
  signal?: AbortSignal | undefined
}

/** Selects dead letters; those that meet all of it. Without any of it, all of the database. */
export type DeadLetterSelection = Omit<RequeueDeadLettersInput, 'database'>

interface Place {
  transport: Transport
  database: string
}

export function deadLetters(
  { transport, database }: Place,
  { queue, consumer, pageSize, signal }: DeadLetterOptions,
): AsyncIterableIterator<DeadLetter, void> {
  return entriesOf(signal, async (after, ending) => {
    const variables = { database, queue, consumer, first: pageSize, after }
    const { deadLetters } = await transport.request(DeadLettersDocument, variables, ending)
    const nodes = deadLetters.nodes.map((node) => ({
      ...node,
      queue: node.queue.name,
      event: toEvent(node.event),
    }))
    return { ...deadLetters, nodes }
  })
}

export async function requeueDeadLetters(
  { transport, database }: Place,
  selection: DeadLetterSelection,
  signal: AbortSignal | undefined,
): Promise<number> {
  const input: RequeueDeadLettersInput = { ...selection, database }
  const { requeueDeadLetters } = await transport.request(RequeueDeadLettersDocument, { input }, signal)
  return requeueDeadLetters.requeuedCount
}

export async function deleteDeadLetters(
  { transport, database }: Place,
  selection: DeadLetterSelection,
  signal: AbortSignal | undefined,
): Promise<number> {
  const input: DeleteDeadLettersInput = { ...selection, database }
  const { deleteDeadLetters } = await transport.request(DeleteDeadLettersDocument, { input }, signal)
  return deleteDeadLetters.deletedCount
}
