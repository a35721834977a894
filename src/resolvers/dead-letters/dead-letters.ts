import type { ConsumerScope, Place } from '../../access/access.ts'
import type { Verb } from '../../access/grant.ts'
import { PgqError } from '../../errors.ts'
import type { Int8 } from '../../int8.ts'
import type { Statement } from '../../postgres/call.ts'
import type { Database } from '../../postgres/database.ts'
import { settledBatch } from '../batches/batch-grants.ts'
import { checkLeaseToken } from '../batches/leases.ts'
import type { Context } from '../context.ts'
import { charactersIn, type EventRow, eventColumns } from '../events/event-row.ts'
import { isWithinScope, queueNotFound, requireGrant } from '../grants.ts'
import { type Loader, loadOne } from '../loader.ts'
import { type Page, type PageInput, pageRequest, toPage } from '../page.ts'
import { checkListedQueue } from '../queues/queues.ts'
import { type DeadLetterFilter, letterConditions, meetsFilter } from './dead-letter-filter.ts'

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
  role: 'reader',
  kind: 'listing',
  text: `select ${columns} from pgq_gateway.dead_letter_info
    where ($2::text is null or queue_name = $2) and ($3::text is null or consumer_name = $3)
      and ($4::bigint is null or dead_letter_id > $4) and ($5::bigint is null or dead_letter_id < $5)
      and ${isWithinScope(7)} and ${meetsFilter(9)}
    order by dead_letter_id ${backward ? 'desc' : 'asc'} limit $6`,
})

const forward = listStatement(false)
const backward = listStatement(true)

/**
 * Lists the dead letters that the caller may read, oldest first. A page is shorter where their events are large. A consumer may be unregistered.
 *
 * @throws PgqError `QUEUE_NOT_FOUND`; `FORBIDDEN` where it may read none.
 */
export async function listDeadLetters(
  context: Context,
  input: PageInput & {
    database: string
    queue?: string | null | undefined
    consumer?: string | null | undefined
    filter?: DeadLetterFilter | null | undefined
  },
): Promise<Page<DeadLetterRow>> {
  const request = pageRequest(input, context.limits)
  await checkListedQueue(context, input)
  const scope = readableScope(context, input)
  const values = [
    input.database,
    input.queue ?? null,
    input.consumer ?? null,
    request.after,
    request.before,
    request.limit,
    scope?.queues ?? null,
    scope?.consumers ?? null,
    ...letterConditions(input.filter),
  ]
  const { rows, isCut } = await context
    .database(input.database)
    .callBounded<DeadLetterRow>(request.backward ? backward : forward, values, {
      maxBytes: context.limits.maxEventBytes,
    })
  context.budget.spendCharacters(charactersIn(rows))
  return toPage(rows, request, isCut)
}

const findStatement: Statement = {
  name: 'dead-letters-by-id',
  role: 'reader',
  text: `select ${columns} from pgq_gateway.dead_letter_info where dead_letter_id = any ($2)`,
}

function findDeadLetters(database: Database, ids: readonly Int8[]): Promise<DeadLetterRow[]> {
  return database.call<DeadLetterRow>(findStatement, [database.name, ids])
}

export const deadLetterById = loadOne<Int8, DeadLetterRow>(
  findDeadLetters,
  (id) => id,
  (row) => row.deadLetterId,
)

export function placeOfLetter({ database, queueName, consumerName }: PlaceColumns): Place {
  return { database, queue: queueName, consumer: consumerName }
}

type PlaceColumns = Pick<DeadLetterRow, 'database' | 'queueName' | 'consumerName'>
type PlacedLetter = PlaceColumns & Pick<DeadLetterRow, 'deadLetterId'>

const placesStatement: Statement = {
  name: 'dead-letter-places',
  role: 'reader',
  text: `select $1::text as database, dead_letter_id as "deadLetterId", queue_name as "queueName", consumer_name as "consumerName"
    from pgq_gateway.dead_letter_info where dead_letter_id = any ($2)`,
}

/** Finds whose these dead letters are, in no order. */
function findPlaces(database: Database, ids: readonly Int8[]): Promise<PlacedLetter[]> {
  return database.call<PlacedLetter>(placesStatement, [database.name, ids])
}

const placeOfLetterById = loadOne<Int8, PlacedLetter>(
  findPlaces,
  (id) => id,
  (row) => row.deadLetterId,
)

/** Its queue's readers may read a dead letter, and its consumer. */
export const readers: readonly Verb[] = ['read', 'consume']

/** Finds the dead letters that the caller may read. @returns Null for all. @throws PgqError `FORBIDDEN` for none. */
export function readableScope(
  { caller }: Context,
  { database, queue }: { database: string; queue?: string | null | undefined },
): ConsumerScope | null {
  const place = { database, queue: queue ?? undefined }
  if (!caller.access.allowsSome(readers, place)) requireGrant(caller, { verbs: readers, place })
  return caller.access.consumersOf(readers, database)
}

/** Finds a dead letter; null where there is none, or it is not the caller's to read. */
export async function findDeadLetter(
  context: Context,
  database: string,
  id: Int8,
): Promise<DeadLetterRow | null> {
  const { access } = context.caller
  const view = context.database(database)
  if (access.allows(readers, { database })) return view.load(deadLetterById, id)
  // The letter itself is not read for who may not have it: the time that a large one takes would tell that it is there.
  const place = await view.load(placeOfLetterById, id)
  return place && access.allows(readers, placeOfLetter(place)) ? view.load(deadLetterById, id) : null
}

const countStatement: Statement = {
  name: 'dead-letter-counts',
  role: 'reader',
  kind: 'listing',
  text: `select queue_name as "queueName", count(*) as count from pgq_gateway.dead_letter_info
    where queue_name = any ($1) group by queue_name`,
}

/** Counts the dead letters of a queue. */
export const deadLetterCount: Loader<string, Int8> = async (database, queues) => {
  const rows = await database.call<{ queueName: string; count: Int8 }>(countStatement, [queues])
  const counts = new Map(rows.map((row) => [row.queueName, row.count]))
  return (queue) => counts.get(queue) ?? '0'
}

const failStatement: Statement = {
  name: 'fail-event',
  role: 'reader',
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
  const batchId = await settledBatch(context, input)
  const [row] = await view.call<{ id: Int8 }>(
    failStatement,
    [batchId, checkLeaseToken(input.leaseToken), input.eventId, input.reason ?? null],
    view.state.holders.get(batchId)?.queue,
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

/** Those who manage the queue may choose, and so may the consumer itself. */
export const choosers: readonly Verb[] = ['manage', 'consume']

/**
 * Finds the dead letters among these that the caller may see.
 *
 * @throws PgqError `FORBIDDEN` where it may only read one of them.
 */
async function visibleAmong(
  context: Context,
  database: string,
  ids: readonly Int8[],
): Promise<readonly Int8[]> {
  const { caller } = context
  if (caller.access.allows(choosers, { database })) return ids
  const view = context.database(database)
  const rows = await findPlaces(view.database, ids)
  const places = rows.map((row) => ({ id: row.deadLetterId, place: placeOfLetter(row) }))
  const seen = places.filter(({ place }) => caller.access.allows([...readers, ...choosers], place))
  for (const { place } of seen) requireGrant(caller, { verbs: choosers, place })
  return seen.map(({ id }) => id)
}

/** Returns the arguments of SQL for a choice. @throws PgqError `BAD_INPUT`, `FORBIDDEN`, `QUEUE_NOT_FOUND`. */
async function choose(context: Context, input: DeadLetterChoice): Promise<unknown[]> {
  const { database, deadLetterIds, queue, consumer } = input
  const { caller } = context
  if (queue != null && deadLetterIds == null)
    requireGrant(caller, { verbs: choosers, place: { database, queue, consumer: consumer ?? undefined } })
  // SQL tells whether there is such a queue.
  else if (queue != null && !caller.access.shows({ database, queue })) throw queueNotFound(queue)
  if (input.deadLetterIds == null && input.queue == null) {
    throw new PgqError('BAD_INPUT', 'Say which dead letters: give deadLetterIds, or a queue', {
      field: 'deadLetterIds',
    })
  }
  return [
    deadLetterIds == null ? null : await visibleAmong(context, database, deadLetterIds),
    input.queue ?? null,
    input.consumer ?? null,
    context.limits.maxEventsPerRequest,
  ]
}

const requeueStatement: Statement = {
  name: 'requeue-dead-letters',
  role: 'admin',
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
    .call<{ count: number }>(requeueStatement, await choose(context, input))
  return row?.count ?? 0
}

const deleteStatement: Statement = {
  name: 'delete-dead-letters',
  role: 'admin',
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
    .call<{ count: number }>(deleteStatement, await choose(context, input))
  return row?.count ?? 0
}
