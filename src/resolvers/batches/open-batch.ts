import type { Int8 } from '../../int8.ts'
import type { Statement } from '../../postgres/call.ts'
import type { Database } from '../../postgres/database.ts'
import type { ReadEvents } from '../events/event-page.ts'
import { loadOne } from '../loader.ts'

/** A selection of a batch's events: the first that meet the conditions. */
export interface FirstEvents {
  limit: number
  maxBytes: number
  filter: readonly unknown[]
}

/** Gives the events of a stream's batch, and reads those of the next one ahead. */
export interface ReadAhead {
  /** Takes events that were read ahead. @returns Null where these were not. */
  take(what: FirstEvents): Promise<ReadEvents | null>
  /** Begins to read the same selection from the following batch. */
  begin(what: FirstEvents): void
}

/** An open batch: the events between two ticks, and who has it. */
export interface BatchRow {
  database: string
  batchId: Int8
  queueName: string
  /** Name of the consumer; for a member of a cooperative one, `consumer.member`. */
  consumerName: string
  startTime: string
  endTime: string
  prevTickId: Int8
  tickId: Int8
  lagSeconds: number
  seqStart: Int8
  seqEnd: Int8
  /** Lease token; null unless this call opened the batch. */
  leaseToken: string | null
  /** Tick after the closing one; null unless this call opened the batch and that tick existed. */
  nextTickId: Int8 | null
  nextTickTime: string | null
  /** Present where a stream reads ahead. */
  readAhead?: ReadAhead | undefined
}

const batchColumns = `
  batch_id as "batchId", queue_name as "queueName", consumer_name as "consumerName", start_time as "startTime",
  end_time as "endTime", prev_tick_id as "prevTickId", tick_id as "tickId", lag_seconds as "lagSeconds",
  seq_start as "seqStart", seq_end as "seqEnd"`

/** Selects from a row of `pgq_gateway.opened_batch`. */
export const openedColumns = `${batchColumns}, lease_token as "leaseToken", next_tick_id as "nextTickId",
  next_tick_time as "nextTickTime"`

const findStatement: Statement = {
  name: 'batches-by-id',
  role: 'reader',
  text: `select $1::text as database, ${batchColumns}, null as "leaseToken", null as "nextTickId", null as "nextTickTime"
    from pgq_gateway.batch_info where batch_id = any ($2)`,
}

/** Finds the batches of these ids that are open, in no order. */
function findBatches(database: Database, batchIds: readonly Int8[]): Promise<BatchRow[]> {
  return database.call<BatchRow>(findStatement, [database.name, batchIds])
}

export const batchById = loadOne<Int8, BatchRow>(
  findBatches,
  (id) => id,
  (row) => row.batchId,
)

/** Conditions for a batch; null is none. As in `pgq.next_batch_custom`, either count or interval suffices. */
export interface BatchConditions {
  /** Minimum age of the closing tick (seconds). */
  minLagSeconds?: number | null | undefined
  minCount?: number | null | undefined
  minIntervalSeconds?: number | null | undefined
}

export interface NextBatchInput extends BatchConditions {
  database: string
  queue: string
  consumer: string
}

const nextStatement: Statement = {
  name: 'next-batch',
  role: 'reader',
  text: `select $1::text as database, ${openedColumns}
    from pgq_gateway.next_batch($2, $3, make_interval(secs => $4), $5, make_interval(secs => $6), $7, $8)
   where batch_id is not null`,
}

/** Opens a batch as `nextBatch` does. @param streamId The `batches` stream that asks; null for a single call. */
export async function openBatch(
  database: Database,
  input: NextBatchInput,
  streamId: string | null,
): Promise<BatchRow | null> {
  const values = nextValues(database, input, streamId)
  const [row] = await database.call<BatchRow>(nextStatement, values, { queue: input.queue })
  return row ?? null
}

/** Returns the database's name and the SQL arguments that open the next batch of a plain consumer. */
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
  /** Silence after which a member loses its batch to the caller (seconds); null takes nothing over. */
  deadIntervalSeconds?: number | null | undefined
}

const nextCoopStatement: Statement = {
  name: 'next-coop-batch',
  role: 'reader',
  text: `select $1::text as database, ${openedColumns}
    from pgq_gateway.next_coop_batch($2, $3, $4, make_interval(secs => $5), $6, make_interval(secs => $7),
                                     make_interval(secs => $8), $9, $10)
   where batch_id is not null`,
}

/** Opens a batch as `nextCoopBatch` does. @param streamId The `batches` stream that asks; null for a single call. */
export async function openCoopBatch(
  database: Database,
  input: NextCoopBatchInput,
  streamId: string | null,
): Promise<BatchRow | null> {
  const [row] = await database.call<BatchRow>(
    nextCoopStatement,
    [
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
    ],
    { queue: input.queue },
  )
  return row ?? null
}
