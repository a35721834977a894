import { PgqError } from '../../errors.ts'
import type { Int8 } from '../../int8.ts'
import type { Statement } from '../../postgres/call.ts'
import type { Database } from '../../postgres/database.ts'
import { checkLeaseToken } from '../batches/leases.ts'
import type { Context } from '../context.ts'
import { charactersIn, type EventRow, eventColumns } from '../events/event-row.ts'
import { type Loader, loadOne } from '../loader.ts'
import { type Page, type PageInput, pageRequest, toPage } from '../page.ts'
import { checkListedQueue } from '../queues/queues.ts'

/** An event that its consumer gave up on. */
export interface DeadLetterRow extends EventRow {
  database: string
  deadLetterId: Int8
  queueName: string
  consumerName: string
  reason: string | null
  failedAt: string
}

const columns = `
  $1::text as database, dead_letter_id as "deadLetterId", queue_name as "queueName", consumer_name as "consumerName",
  reason, failed_at as "failedAt", ${eventColumns}`

const listStatement = (backward: boolean): Statement => ({
  name: `dead-letters-${backward ? 'backward' : 'forward'}`,
  kind: 'listing',
  text: `select ${columns} from pgq_gateway.dead_letter_info
    where ($2::text is null or queue_name = $2) and ($3::text is null or consumer_name = $3)
      and ($4::bigint is null or dead_letter_id > $4) and ($5::bigint is null or dead_letter_id < $5)
    order by dead_letter_id ${backward ? 'desc' : 'asc'} limit $6`,
})

const forward = listStatement(false)
const backward = listStatement(true)

/**
 * Lists dead letters, oldest first. A page is shorter where their events are large. A consumer may be unregistered.
 *
 * @throws PgqError `QUEUE_NOT_FOUND`.
 */
export async function listDeadLetters(
  context: Context,
  input: PageInput & {
    database: string
    queue?: string | null | undefined
    consumer?: string | null | undefined
  },
): Promise<Page<DeadLetterRow>> {
  const request = pageRequest(input, context.limits)
  await checkListedQueue(context, input)
  const values = [
    input.database,
    input.queue ?? null,
    input.consumer ?? null,
    request.after,
    request.before,
    request.limit,
  ]
  const { rows, isCut } = await context
    .database(input.database)
    .callBounded<DeadLetterRow>('reader', request.backward ? backward : forward, values, {
      maxBytes: context.limits.maxEventBytes,
    })
  context.budget.spendCharacters(charactersIn(rows))
  return toPage(rows, request, isCut)
}

const findStatement = {
  name: 'dead-letters-by-id',
  text: `select ${columns} from pgq_gateway.dead_letter_info where dead_letter_id = any ($2)`,
}

function findDeadLetters(database: Database, ids: readonly Int8[]): Promise<DeadLetterRow[]> {
  return database.call<DeadLetterRow>('reader', findStatement, [database.name, ids])
}

export const deadLetterById = loadOne<Int8, DeadLetterRow>(
  findDeadLetters,
  (id) => id,
  (row) => row.deadLetterId,
)

const countStatement: Statement = {
  name: 'dead-letter-counts',
  kind: 'listing',
  text: `select queue_name as "queueName", count(*) as count from pgq_gateway.dead_letter_info
    where queue_name = any ($1) group by queue_name`,
}

/** Counts the dead letters of a queue. */
export const deadLetterCount: Loader<string, Int8> = async (database, queues) => {
  const rows = await database.call<{ queueName: string; count: Int8 }>('reader', countStatement, [queues])
  const counts = new Map(rows.map((row) => [row.queueName, row.count]))
  return (queue) => counts.get(queue) ?? '0'
}

const failStatement: Statement = {
  name: 'fail-event',
  kind: 'settlement',
  text: 'select (pgq_gateway.fail_events($1, $2, array[$3::bigint], array[$4::text]))[1] as id',
}

/**
 * Gives up on one event of an open batch by copying it to the dead letters. The batch stays open.
 *
 * @returns The dead letter's id.
 * @throws PgqError `BATCH_NOT_FOUND`, `EVENT_NOT_FOUND`, `STALE_LEASE`.
 */
export async function failEvent(
  context: Context,
  input: {
    database: string
    batchId: Int8
    leaseToken?: string | null | undefined
    eventId: Int8
    reason?: string | null | undefined
  },
): Promise<Int8> {
  const view = context.database(input.database)
  const [row] = await view.call<{ id: Int8 }>(
    'reader',
    failStatement,
    [input.batchId, checkLeaseToken(input.leaseToken), input.eventId, input.reason ?? null],
    view.state.queues.get(input.batchId),
  )
  return row?.id ?? ''
}

/** A choice of dead letters: by id, or all of a queue, or of one consumer on it. */
export interface DeadLetterChoice {
  database: string
  deadLetterIds?: readonly Int8[] | null | undefined
  queue?: string | null | undefined
  consumer?: string | null | undefined
}

function chosen(context: Context, input: DeadLetterChoice): unknown[] {
  if (input.deadLetterIds == null && input.queue == null) {
    throw new PgqError('BAD_INPUT', 'Say which dead letters: give deadLetterIds, or a queue', {
      field: 'deadLetterIds',
    })
  }
  return [
    input.deadLetterIds ?? null,
    input.queue ?? null,
    input.consumer ?? null,
    context.limits.maxEventsPerRequest,
  ]
}

const requeueStatement = {
  name: 'requeue-dead-letters',
  text: 'select pgq_gateway.requeue_dead_letters($1, $2, $3, $4) as count',
}

/**
 * Returns dead letters to their consumers, at most `limits.maxEventsPerRequest` per call: repeat until it returns 0.
 *
 * @throws PgqError `QUEUE_NOT_FOUND`; `CONSUMER_NOT_FOUND` when one of the consumers no longer exists; then nothing is
 *   moved.
 */
export async function requeueDeadLetters(context: Context, input: DeadLetterChoice): Promise<number> {
  const [row] = await context
    .database(input.database)
    .call<{ count: number }>('admin', requeueStatement, chosen(context, input))
  return row?.count ?? 0
}

const deleteStatement = {
  name: 'delete-dead-letters',
  text: 'select pgq_gateway.delete_dead_letters($1, $2, $3, $4) as count',
}

/**
 * Deletes dead letters, at most `limits.maxEventsPerRequest` per call: repeat until it returns 0.
 *
 * @throws PgqError `QUEUE_NOT_FOUND`.
 */
export async function deleteDeadLetters(context: Context, input: DeadLetterChoice): Promise<number> {
  const [row] = await context
    .database(input.database)
    .call<{ count: number }>('admin', deleteStatement, chosen(context, input))
  return row?.count ?? 0
}
