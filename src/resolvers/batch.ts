import type { Database } from '../database/database.ts'
import { PgqError } from '../errors.ts'
import type { Int8 } from '../int8.ts'
import type { Context } from './context.ts'
import { checkEventCount } from './event.ts'
import { type FollowUp, finishAndPublish } from './follow-ups.ts'

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
}

const batchColumns = `
  batch_id as "batchId", queue_name as "queueName", consumer_name as "consumerName", start_time as "startTime",
  end_time as "endTime", prev_tick_id as "prevTickId", tick_id as "tickId", lag_seconds as "lagSeconds",
  seq_start as "seqStart", seq_end as "seqEnd"`

const findStatement = {
  name: 'batches-by-id',
  text: `select $1::text as database, ${batchColumns}, null as "leaseToken"
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
  text: `select $1::text as database, ${batchColumns}, lease_token as "leaseToken"
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
  const database = context.databases.get(input.database)
  const [row] = await database.call<BatchRow>('reader', nextStatement, [
    database.name,
    input.queue,
    input.consumer,
    input.minLagSeconds ?? null,
    input.minCount ?? null,
    input.minIntervalSeconds ?? null,
    streamId,
    streamId && database.gatewayId,
  ])
  return row ?? null
}

export interface NextCoopBatchInput extends NextBatchInput {
  subconsumer: string
  /** A member silent for this many seconds loses its batch to the caller; null takes nothing over. */
  deadIntervalSeconds?: number | null | undefined
}

const nextCoopStatement = {
  name: 'next-coop-batch',
  text: `select $1::text as database, ${batchColumns}, lease_token as "leaseToken"
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

export interface FinishBatchInput {
  database: string
  batchId: Int8
  leaseToken?: string | null | undefined
  retries?: readonly { eventId: Int8; afterSeconds: number }[] | null | undefined
  failures?: readonly { eventId: Int8; reason?: string | null | undefined }[] | null | undefined
  publish?: readonly FollowUp[] | null | undefined
}

const finishStatement = {
  name: 'finish-batch',
  text: 'select pgq_gateway.finish_batch($1, $2, $3, $4, $5, $6, $7) as finished',
}

/**
 * Settles a batch in one transaction: retries and dead letters are recorded, `publish` is inserted, the batch is closed.
 *
 * @returns False when it was settled before, by this lease or by nobody's; then nothing of the input was done.
 * @throws PgqError `STALE_LEASE` when somebody else opened the batch since; `EVENT_NOT_FOUND`, `QUEUE_NOT_FOUND`;
 *   `INVALID_PAYLOAD`.
 */
export async function finishBatch(context: Context, input: FinishBatchInput): Promise<boolean> {
  const { retries, failures, publish } = {
    retries: input.retries ?? [],
    failures: input.failures ?? [],
    publish: input.publish ?? [],
  }
  checkEventCount(context.limits, 'retries', retries)
  checkEventCount(context.limits, 'failures', failures)
  checkEventCount(context.limits, 'publish', publish)
  for (const [index, retry] of retries.entries())
    checkSeconds(`retries[${index}].afterSeconds`, retry.afterSeconds)
  const database = context.databases.get(input.database)
  const values = [
    input.batchId,
    checkLeaseToken(input.leaseToken),
    database.gatewayId,
    retries.map((retry) => retry.eventId),
    retries.map((retry) => retry.afterSeconds),
    failures.map((failure) => failure.eventId),
    failures.map((failure) => failure.reason ?? null),
  ]
  const finished =
    publish.length === 0
      ? await finishAlone(database, values)
      : await finishAndPublish(database, values, publish)
  if (finished) {
    database.emit('settled', input.batchId)
    for (const queue of new Set(publish.map((event) => event.queue))) database.emit('published', queue)
  }
  return finished
}

async function finishAlone(database: Database, values: readonly unknown[]): Promise<boolean> {
  const [row] = await database.call<{ finished: boolean }>('reader', finishStatement, values)
  return row?.finished ?? false
}

/** @throws PgqError `BAD_INPUT` for text that no lease can have. */
export function checkLeaseToken(token: string | null | undefined): string | null {
  if (token == null) return null
  if (/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(token)) return token
  throw new PgqError('BAD_INPUT', 'This is not a lease token; pass the leaseToken of the batch', {
    field: 'leaseToken',
  })
}

/** @throws PgqError `BAD_INPUT` for a delay that is negative or longer than ten years. */
export function checkSeconds(field: string, seconds: number): void {
  if (!(seconds >= 0 && seconds <= 315_360_000)) {
    throw new PgqError('BAD_INPUT', `${field} must be from 0 to 315360000 seconds, got ${seconds}`, { field })
  }
}

const claimStatement = {
  name: 'claim-stream',
  text: 'select pgq_gateway.claim_stream($1, $2, $3, $4, $5) as holder',
}

/** Gives the subscription to this stream alone: null; or the gateway whose live stream has it. May be repeated. */
export async function claimStream(
  database: Database,
  input: { queue: string; consumer: string; subconsumer?: string | null | undefined },
  streamId: string,
): Promise<number | null> {
  const [row] = await database.call<{ holder: number | null }>('reader', claimStatement, [
    input.queue,
    input.consumer,
    input.subconsumer ?? null,
    streamId,
    database.gatewayId,
  ])
  return row?.holder ?? null
}

const releaseStatement = { name: 'release-streams', text: 'select pgq_gateway.release_streams($1)' }

/** Ends the claims, so that a stream that stands by can take over at once. */
export async function releaseStreams(database: Database, streamIds: readonly string[]): Promise<void> {
  await database.call('reader', releaseStatement, [streamIds])
}

const orphansStatement = { name: 'release-orphans', text: 'select pgq_gateway.release_orphans($1, $2)' }

/** Ends the claims of this gateway that are older than a few seconds, but for these. */
export async function releaseOrphans(database: Database, liveStreamIds: readonly string[]): Promise<void> {
  await database.call('reader', orphansStatement, [database.gatewayId, liveStreamIds])
}

const deadGatewaysStatement = {
  name: 'dead-gateways',
  text: 'select pgq_gateway.dead_gateways($1) as gateway',
}

/** Those of these gateways whose claims are void. */
export async function findDeadGateways(database: Database, gateways: readonly number[]): Promise<number[]> {
  const rows = await database.call<{ gateway: number }>('reader', deadGatewaysStatement, [gateways])
  return rows.map((row) => row.gateway)
}

const touchBatchStatement = { name: 'touch-batch', text: 'select pgq_gateway.touch_batch($1, $2) as touched' }

/**
 * A worker's own sign of life, beside that of its connection.
 *
 * @returns False when the batch was settled before, by this lease or by nobody's.
 * @throws PgqError `STALE_LEASE` when somebody else opened the batch since.
 */
export async function touchBatch(
  context: Pick<Context, 'databases'>,
  input: { database: string; batchId: Int8; leaseToken?: string | null | undefined },
): Promise<boolean> {
  const database = context.databases.get(input.database)
  const values = [input.batchId, checkLeaseToken(input.leaseToken)]
  const [row] = await database.call<{ touched: boolean }>('reader', touchBatchStatement, values)
  return row?.touched ?? false
}

/** A lease whose batch is open and its own. */
export interface HeldLeaseRow {
  token: string
  /** Since the worker itself was last heard of: when it opened the batch, or touched it. */
  silentSeconds: number
}

const heldColumns = 'token, silent_seconds as "silentSeconds"'
const touchStatement = {
  name: 'touch-leases',
  text: `select ${heldColumns} from pgq_gateway.touch_leases($1)`,
}

/** The heartbeat of batches under live streams. Gives those of these tokens that still hold theirs. */
export function touchLeases(database: Database, tokens: readonly string[]): Promise<HeldLeaseRow[]> {
  return database.call<HeldLeaseRow>('reader', touchStatement, [tokens])
}

const heldStatement = {
  name: 'held-leases',
  text: `select ${heldColumns} from pgq_gateway.held_leases($1)`,
}

/** Those of these tokens whose batch is open and theirs. */
export function findHeldLeases(database: Database, tokens: readonly string[]): Promise<HeldLeaseRow[]> {
  return database.call<HeldLeaseRow>('reader', heldStatement, [tokens])
}

/** A cooperative consumer of which a member holds a batch, and how long ago the most silent one was heard of. */
export interface SilenceRow {
  queue: string
  consumer: string
  silentSeconds: number
}

const silenceStatement = {
  name: 'silent-members',
  text: `select queue_name as queue, consumer_name as consumer, silent_seconds as "silentSeconds"
    from pgq_gateway.silent_members($1, $2)`,
}

/** Only those of these consumers that have a batch open are among the rows. */
export function findSilentMembers(
  database: Database,
  groups: readonly { queue: string; consumer: string }[],
): Promise<SilenceRow[]> {
  return database.call<SilenceRow>('reader', silenceStatement, [
    groups.map((group) => group.queue),
    groups.map((group) => group.consumer),
  ])
}
