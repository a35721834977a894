import type { PgqClientError } from '../errors.ts'

/** Tells what happened to a consumer. It goes on after all of these but `ended`. */
export type ConsumeProblem =
  /** The server cannot be reached, or failed unexpectedly, and is tried again after this delay. */
  | { kind: 'connection'; error: PgqClientError; retryInMs: number }
  /** The handler threw, or the server refused what it decided: the batch is given to it again after this delay. */
  | { kind: 'handler'; error: unknown; batchId: string; attempt: number; retryInMs: number }
  /**
   * The handler of an event threw, the `tries`-th time: the event is delivered again after so many seconds, or
   * becomes a dead letter, where that is null.
   */
  | {
      kind: 'event'
      error: unknown
      batchId: string
      eventId: string
      tries: number
      afterSeconds: number | null
    }
  /** The batch went to another worker before it was settled, and is worked on again there. */
  | { kind: 'stale'; error: unknown; batchId: string }
  /** Consuming has ended, because waiting would not help; `done` rejects with the error. */
  | { kind: 'ended'; error: unknown }

export function printProblem(problem: ConsumeProblem): void {
  const batch = 'batchId' in problem ? ` (batch ${problem.batchId})` : ''
  const isOfHandler = problem.kind === 'handler' || problem.kind === 'event'
  const reason = isOfHandler ? problem.error : messageOf(problem.error)
  console.warn(`pgq-graphql client: ${what[problem.kind]}${batch}${sequelOf(problem)}:`, reason)
}

function sequelOf(problem: ConsumeProblem): string {
  if ('retryInMs' in problem) return `; next try in ${problem.retryInMs} ms`
  if (problem.kind !== 'event') return ''
  const { eventId, tries, afterSeconds } = problem
  const sequel = afterSeconds === null ? 'now a dead letter' : `next try in ${afterSeconds} s`
  return `; event ${eventId}, try ${tries}, ${sequel}`
}

const what = {
  connection: 'no connection',
  handler: 'the handler failed',
  event: 'the handler of an event failed',
  stale: 'a batch was lost to another worker',
  ended: 'consuming has ended',
} satisfies Record<ConsumeProblem['kind'], string>

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
