import type { Int8 } from '../../int8.ts'
import type { Statement } from '../../postgres/call.ts'
import type { DatabaseView } from '../database-view.ts'
import { type DeadLetterFilter, letterConditions } from './dead-letter-filter.ts'

/** What is done with dead letters in bulk. */
export type DeadLetterAction = 'requeue' | 'delete'

/** All dead letters of a queue, or of a consumer on it, that meet a filter. */
export interface MatchingLetters {
  queue: string
  consumer: string | null
  filter: DeadLetterFilter | null
}

function valuesOf({ queue, consumer, filter }: MatchingLetters): unknown[] {
  return [queue, consumer, ...letterConditions(filter)]
}

const countStatement: Statement = {
  name: 'matching-dead-letters',
  role: 'admin',
  kind: 'listing',
  text: `select letter_count as count, last_id as "lastId" from pgq_gateway.matching_dead_letters($1, $2, $3, $4, $5, $6, $7)`,
}

/** Counts dead letters, and finds the newest of them. @throws PgqError `QUEUE_NOT_FOUND`. */
export async function countMatching(
  view: DatabaseView,
  letters: MatchingLetters,
): Promise<{ count: Int8; lastId: Int8 | null }> {
  const [row] = await view.call<{ count: Int8; lastId: Int8 | null }>(countStatement, valuesOf(letters))
  return row ?? { count: '0', lastId: null }
}

const portionColumns = 'last_id as "lastId", done_count as done, failed_count as failed'

const portionStatements: Readonly<Record<DeadLetterAction, Statement>> = {
  requeue: {
    name: 'requeue-matching-dead-letters',
    role: 'admin',
    kind: 'listing',
    text: `select ${portionColumns}
      from pgq_gateway.requeue_matching_dead_letters($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
  },
  delete: {
    name: 'delete-matching-dead-letters',
    role: 'admin',
    kind: 'listing',
    text: `select ${portionColumns}
      from pgq_gateway.delete_matching_dead_letters($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
  },
}

/** What has become of some dead letters. */
export interface Portion {
  /** Id of the last of them; null where none was left. */
  lastId: Int8 | null
  done: number
  /** Number of those that stay, since their consumer is not registered any more. */
  failed: number
}

/** Works on the next dead letters with ids after one and up to another, in one transaction. */
export async function settleMatching(
  view: DatabaseView,
  action: DeadLetterAction,
  letters: MatchingLetters,
  { after, until, limit }: { after: Int8; until: Int8; limit: number },
): Promise<Portion> {
  const values = [...valuesOf(letters), after, until, limit]
  const [portion] = await view.call<Portion>(portionStatements[action], values)
  return portion ?? { lastId: null, done: 0, failed: 0 }
}
