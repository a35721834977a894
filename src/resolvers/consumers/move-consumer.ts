import { PgqError } from '../../errors.ts'
import type { Int8 } from '../../int8.ts'
import type { Statement } from '../../postgres/call.ts'
import type { Context } from '../context.ts'

export interface MoveConsumerInput {
  database: string
  queue: string
  consumer: string
  toTick?: Int8 | null | undefined
  toTime?: string | null | undefined
  toNewest: boolean
  force: boolean
  dryRun: boolean
}

/** Where a consumer was and is, and what lies between, counted by the sequence. */
export interface Move {
  fromTick: Int8
  toTick: Int8
  /** Null where the tick that it was at is gone. */
  skippedEvents: Int8 | null
  repeatedEvents: Int8 | null
}

const moveStatement: Statement = {
  name: 'move-consumer',
  role: 'reader',
  text: `select from_tick as "fromTick", to_tick as "toTick", skipped_events as "skippedEvents",
      repeated_events as "repeatedEvents"
    from pgq_gateway.move_consumer($1, $2, $3, $4, $5, $6)`,
}

/**
 * Moves a consumer to a tick, to the last tick up to a time, or to the newest; a dry run only tells what that would do.
 *
 * @throws PgqError `BAD_INPUT` unless there is one target, in the log; `QUEUE_NOT_FOUND`, `CONSUMER_NOT_FOUND`;
 *   `BATCH_ACTIVE` while a batch is open, unless forced.
 */
export async function moveConsumer(context: Context, input: MoveConsumerInput): Promise<Move> {
  const { database, queue, consumer, toTick = null, toTime = null, toNewest, force, dryRun } = input
  const targets = [toTick !== null, toTime !== null, toNewest].filter(Boolean)
  if (targets.length !== 1) {
    throw new PgqError('BAD_INPUT', 'Give one of toTick, toTime and toNewest: true', {
      field: toTick !== null ? 'toTick' : 'toNewest',
    })
  }
  const values = [queue, consumer, toTick, toTime, force, dryRun]
  const [move] = await context.database(database).call<Move>(moveStatement, values, queue)
  if (!move) throw new Error('pgq_gateway.move_consumer returned no row')
  return move
}
