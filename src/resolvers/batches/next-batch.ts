import type { Int8 } from '../../int8.ts'
import type { Database } from '../../postgres/connections.ts'
import type { Context } from '../context.ts'
import type { ReadAhead } from '../events/prefetch.ts'
import { checkIntervals } from '../seconds.ts'

/** An open batch: the events between two ticks, and who has it. */
export interface BatchRow {
  database: string
  batchId: Int8
  queueName: string
  /** A member of a cooperative consumer appears as `consumer.member`. */
  consumerName: string
  startTime: string
  endTime: string
  prevTickId: Int8
  tickId: Int8
  lagSeconds: number
  seqStart: Int8
  seqEnd: Int8
  /** Present on a batch that this call opened. */
  leaseToken: string | null
  /** The tick after its closing one, where this call opened it and the tick was there already. */
  nextTickId: Int8 | null
  nextTickTime: string | null
  /** Present on a batch of a stream that reads ahead. */
  readAhead?: ReadAhead | undefined
}

const batchColumns = `
  batch_id as "batchId", queue_name as "queueName", consumer_name as "consumerName", start_time as "startTime",
  end_time as "endTime", prev_tick_id as "prevTickId", tick_id as "tickId", lag_seconds as "lagSeconds",
  seq_start as "seqStart", seq_end as "seqEnd"`

/** Of `pgq_gateway.opened_batch`. */
export const openedColumns = `${batchColumns}, lease_token as "leaseToken", next_tick_id as "nextTickId",
  next_tick_time as "nextTickTime"`

const findStatement = {
  name: 'batches-by-id',
  text: `select $1::text as database, ${batchColumns}, null as "leaseToken", null as "nextTickId", null as "nextTickTime"
    from pgq_gateway.batch_info where batch_id = any ($2)`,
}

/** The batches of these ids that are open, in no order. */
export function findBatches(database: Database, batchIds: readonly Int8[]): Promise<BatchRow[]> {
  return database.call<BatchRow>('reader', findStatement, [database.name, batchIds])
}

/** Which ticks make a batch ready; null is no condition. As in `pgq.next_batch_custom`, count and interval mean either. */
export interface BatchConditions {
  /** The closing tick must be this old, in seconds. */
  minLagSeconds?: number | null | undefined
  minCount?: number | null | undefined
  minIntervalSeconds?: number | null | undefined
}

export interface NextBatchInput extends BatchConditions {
  database: string
  queue: string
  consumer: string
}

const nextStatement = {
  name: 'next-batch',
  text: `select $1::text as database, ${openedColumns}
    from pgq_gateway.next_batch($2, $3, make_interval(secs => $4), $5, make_interval(secs => $6), $7, $8)
   where batch_id is not null`,
}

/**
 * Opens the consumer's next batch, or hands out again the one that it holds. Each call gives a fresh lease token and
 * makes the one before worthless, so a retry after a lost reply is safe and a second worker fences off the first.
 *
 * @param streamId The `batches` stream that asks; null for a call by itself.
 * @returns Null when no tick is ready: wait for one.
 * @throws PgqError `QUEUE_NOT_FOUND`, `CONSUMER_NOT_FOUND`; `CONSUMER_BUSY` while a stream of another worker has this
 *   consumer; `BAD_INPUT` for a cooperative consumer.
 */
export async function nextBatch(
  context: Pick<Context, 'databases'>,
  input: NextBatchInput,
  streamId: string | null = null,
): Promise<BatchRow | null> {
  checkIntervals(input, ['minLagSeconds', 'minIntervalSeconds'])
  const database = context.databases.get(input.database)
  const [row] = await database.call<BatchRow>('reader', nextStatement, nextValues(database, input, streamId))
  return row ?? null
}

/** What SQL takes to open the next batch of a plain consumer, with the database's name before. */
export function nextValues(database: Database, input: NextBatchInput, streamId: string | null): unknown[] {
  return [
    database.name,
    input.queue,
    input.consumer,
    input.minLagSeconds ?? null,
    input.minCount ?? null,
    input.minIntervalSeconds ?? null,
    streamId,
    streamId && database.gatewayId,
  ]
}

export interface NextCoopBatchInput extends NextBatchInput {
  subconsumer: string
  /** A member silent for this many seconds loses its batch to the caller; null takes nothing over. */
  deadIntervalSeconds?: number | null | undefined
}

const nextCoopStatement = {
  name: 'next-coop-batch',
  text: `select $1::text as database, ${openedColumns}
    from pgq_gateway.next_coop_batch($2, $3, $4, make_interval(secs => $5), $6, make_interval(secs => $7),
                                     make_interval(secs => $8), $9, $10)
   where batch_id is not null`,
}

/** `nextBatch` for a member of a cooperative consumer; both are registered where they are missing. */
export async function nextCoopBatch(
  context: Pick<Context, 'databases'>,
  input: NextCoopBatchInput,
  streamId: string | null = null,
): Promise<BatchRow | null> {
  checkIntervals(input, ['minLagSeconds', 'minIntervalSeconds', 'deadIntervalSeconds'])
  const database = context.databases.get(input.database)
  const [row] = await database.call<BatchRow>('reader', nextCoopStatement, [
    database.name,
    input.queue,
    input.consumer,
    input.subconsumer,
    input.minLagSeconds ?? null,
    input.minCount ?? null,
    input.minIntervalSeconds ?? null,
    input.deadIntervalSeconds ?? null,
    streamId,
    streamId && database.gatewayId,
  ])
  return row ?? null
}
