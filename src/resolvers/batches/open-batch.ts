import type { Int8 } from '../../int8.ts'
import type { Database } from '../../postgres/database.ts'
import type { EventRow } from '../events/event-row.ts'
import { loadOne } from '../loader.ts'

/** Which events of a batch: the first of those that meet the conditions. */
export interface FirstEvents {
  limit: number
  filter: readonly unknown[]
}

/** How the events of a batch that a stream delivers are read. */
export interface ReadAhead {
  /** @returns Null for what was not read ahead. */
  take(what: FirstEvents): Promise<EventRow[] | null>
  /** Begins to read the same of the batch after it. */
  begin(what: FirstEvents): void
}

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

/** Selects from a row of `pgq_gateway.opened_batch`. */
export const openedColumns = `${batchColumns}, lease_token as "leaseToken", next_tick_id as "nextTickId",
  next_tick_time as "nextTickTime"`

const findStatement = {
  name: 'batches-by-id',
  text: `select $1::text as database, ${batchColumns}, null as "leaseToken", null as "nextTickId", null as "nextTickTime"
    from pgq_gateway.batch_info where batch_id = any ($2)`,
}

/** Finds the batches of these ids that are open, in no order. */
function findBatches(database: Database, batchIds: readonly Int8[]): Promise<BatchRow[]> {
  return database.call<BatchRow>('reader', findStatement, [database.name, batchIds])
}

export const batchById = loadOne<Int8, BatchRow>(
  findBatches,
  (id) => id,
  (row) => row.batchId,
)

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

/** As `nextBatch`. @param streamId The `batches` stream that asks; null for a call by itself. */
export async function openBatch(
  database: Database,
  input: NextBatchInput,
  streamId: string | null,
): Promise<BatchRow | null> {
  const [row] = await database.call<BatchRow>('reader', nextStatement, nextValues(database, input, streamId))
  return row ?? null
}

/** Gives what SQL takes to open the next batch of a plain consumer, with the database's name before. */
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

/** As `nextCoopBatch`. @param streamId The `batches` stream that asks; null for a call by itself. */
export async function openCoopBatch(
  database: Database,
  input: NextCoopBatchInput,
  streamId: string | null,
): Promise<BatchRow | null> {
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
