import { PgqError } from '../../errors.ts'
import { groupBy } from '../../group-by.ts'
import type { Int8 } from '../../int8.ts'
import type { Statement } from '../../postgres/call.ts'
import type { Context } from '../context.ts'
import type { DatabaseView } from '../database-view.ts'
import { isChanged } from '../event-types/type-cache.ts'
import { requireGrant } from '../grants.ts'
import { faultsByQueue, insertChecked, invalidPayload } from '../publishing/checked-insert.ts'
import { columnsOf } from '../publishing/insert-batcher.ts'
import { type EventInput, payloadField, toEventRows } from '../publishing/publishing.ts'
import { settle, settlement } from './settle.ts'

/** An event that is published when its batch is finished. */
export type FollowUp = EventInput & { queue: string }

/** @throws PgqError `FORBIDDEN`, `QUEUE_NOT_FOUND` for a queue to which the caller may not publish. */
export function requirePublishing({ caller }: Context, database: string, publish: readonly FollowUp[]): void {
  if (caller.access.isEverything) return
  for (const queue of new Set(publish.map((event) => event.queue)))
    requireGrant(caller, { verbs: ['publish'], place: { database, queue } })
}

const stagedQueues: Statement = {
  name: 'staged-queues',
  role: 'reader',
  text: 'select queue from pgq_gateway.staged_queues($1, $2) as queue',
}

/**
 * Checks that the caller may publish what is staged, perhaps by somebody else.
 *
 * @throws PgqError `FORBIDDEN`, which names no queue: the caller may not know of it.
 */
export async function requirePublishingStaged(
  { caller: { access } }: Context,
  view: DatabaseView,
  staged: { leaseToken: string | null; parts: readonly number[] },
): Promise<void> {
  const { name: database } = view
  if (access.allows(['publish'], { database })) return
  const rows = await view.call<{ queue: string }>(stagedQueues, [staged.leaseToken, staged.parts])
  if (rows.every(({ queue }) => access.allows(['publish'], { database, queue }))) return
  throw new PgqError(
    'FORBIDDEN',
    'These parts publish to a queue for which this caller has no grant; have them settled by one who has it',
    { field: 'stagedParts' },
  )
}

const finishing = settlement(
  'reader',
  'finish-and-publish',
  'pgq_gateway.finish_and_publish($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)',
  16,
  // A consumer does not give its batch up for what the operator forbids.
  'FORBIDDEN',
)

/**
 * Settles a batch and publishes what follows from it.
 *
 * @param how.values Arguments of SQL that settle the batch.
 * @param how.parts Numbers of staged parts; null for none.
 * @returns False when it was settled before.
 * @throws PgqError `INVALID_PAYLOAD`, and then the batch is not settled; otherwise as `finishBatch`.
 */
export function finishAndPublish(
  view: DatabaseView,
  batch: { batchId: Int8; leaseToken: string | null },
  how: { values: readonly unknown[]; publish: readonly FollowUp[]; parts: readonly number[] | null },
): Promise<boolean> {
  return sendChecked(view, how.publish, (columns) =>
    settle(view, finishing, { ...batch, values: [...how.values, ...columns, how.parts] }),
  )
}

/** A revision that no queue's types ever have. */
const NO_REVISION = '-1'

/**
 * Sends follow-ups to SQL that refuses them unless they match the types of their queues.
 *
 * @param send Takes the columns of the events: queue, type, data, extra1 to extra4, revision.
 * @throws PgqError `INVALID_PAYLOAD`
 */
export async function sendChecked<Result>(
  view: DatabaseView,
  publish: readonly FollowUp[],
  send: (columns: readonly unknown[]) => Promise<Result>,
): Promise<Result> {
  const rows = toEventRows(publish, 'publish')
  const indexes = groupBy(publish.keys(), (index) => publish[index]?.queue ?? '')
  const sendAt = (revisionOf: (queue: string) => Int8) =>
    send([
      publish.map((event) => event.queue),
      ...columnsOf(rows),
      publish.map((event) => revisionOf(event.queue)),
    ])
  return insertChecked(view.state.types, [...indexes.keys()], {
    check: (typesOf) => faultsByQueue(typesOf, indexes, rows),
    insert: (typesOf) => sendAt((queue) => typesOf(queue).revision),
    // A settled batch or stale lease is reported before faulty payloads; the revision prevents the settlement.
    refuse: (faults) =>
      sendAt(() => NO_REVISION).catch((error: unknown) => {
        if (!isChanged(error)) throw error
        throw invalidPayload(faults, (index) => payloadField(publish[index], `publish[${index}].`))
      }),
  })
}
