import { PgqError } from '../../errors.ts'
import type { Int8 } from '../../int8.ts'
import type { Statement } from '../../postgres/call.ts'
import type { Database } from '../../postgres/database.ts'
import type { Context } from '../context.ts'
import { settledBatch } from './batch-grants.ts'

/** Checks the form of a lease token. @throws PgqError `BAD_INPUT` for a text that no lease can have. */
export function checkLeaseToken(token: string | null | undefined): string | null {
  if (token == null) return null
  if (/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(token)) return token
  throw new PgqError('BAD_INPUT', 'This is not a lease token; pass the leaseToken of the batch', {
    field: 'leaseToken',
  })
}

const claimStatement: Statement = {
  name: 'claim-stream',
  role: 'reader',
  text: 'select pgq_gateway.claim_stream($1, $2, $3, $4, $5) as holder',
}

/** Claims a subscription, repeatably. Returns null on success, or the id of the gateway whose stream has it. */
export async function claimStream(
  database: Database,
  input: { queue: string; consumer: string; subconsumer?: string | null | undefined },
  streamId: string,
): Promise<number | null> {
  const [row] = await database.call<{ holder: number | null }>(
    claimStatement,
    [input.queue, input.consumer, input.subconsumer ?? null, streamId, database.gatewayId],
    { queue: input.queue },
  )
  return row?.holder ?? null
}

const releaseStatement: Statement = {
  name: 'release-streams',
  role: 'reader',
  text: 'select pgq_gateway.release_streams($1)',
}

/** Ends the claims, so that a stream that stands by can take over at once. */
export async function releaseStreams(database: Database, streamIds: readonly string[]): Promise<void> {
  await database.call(releaseStatement, [streamIds])
}

/** Releases again where the answers are lost, on a connection that is soon dropped when dead. */
export async function releaseAgain(database: Database, streamIds: readonly string[]): Promise<void> {
  await database.callAside(releaseStatement, [streamIds])
}

const orphansStatement: Statement = {
  name: 'release-orphans',
  role: 'reader',
  text: 'select pgq_gateway.release_orphans($1, $2)',
}

/** Ends this gateway's claims that are older than a few seconds, except those of these streams. */
export async function releaseOrphans(database: Database, liveStreamIds: readonly string[]): Promise<void> {
  await database.call(orphansStatement, [database.gatewayId, liveStreamIds])
}

const deadGatewaysStatement: Statement = {
  name: 'dead-gateways',
  role: 'reader',
  text: 'select pgq_gateway.dead_gateways($1) as gateway',
}

/**
 * Finds the gateways among these that are dead, so that their claims are void. It looks on a connection that is soon
 * dropped when dead: the standbys of this gateway have no other look meanwhile.
 */
export async function findDeadGateways(database: Database, gateways: readonly number[]): Promise<number[]> {
  const rows = await database.callAside<{ gateway: number }>(deadGatewaysStatement, [gateways])
  return rows.map((row) => row.gateway)
}

/** A subscription by its names. For a member, `consumer` is `consumer.member`. */
export interface SubscriptionName {
  queue: string
  consumer: string
}

const unclaimedStatement: Statement = {
  name: 'unclaimed',
  role: 'reader',
  text: 'select pgq_gateway.unclaimed($1, $2) as place',
}

/** Finds those of these subscriptions that no stream has claimed, on a connection as `findDeadGateways` does. */
export async function findUnclaimed<Each extends SubscriptionName>(
  database: Database,
  subscriptions: readonly Each[],
): Promise<Each[]> {
  const rows = await database.callAside<{ place: number }>(unclaimedStatement, [
    subscriptions.map(({ queue }) => queue),
    subscriptions.map(({ consumer }) => consumer),
  ])
  return rows.flatMap(({ place }) => subscriptions[place - 1] ?? [])
}

const touchBatchStatement: Statement = {
  name: 'touch-batch',
  role: 'reader',
  kind: 'settlement',
  text: 'select pgq_gateway.touch_batch($1, $2) as touched',
}

/**
 * Records that the worker itself is alive, and not just its connection.
 *
 * @returns False when the batch was settled before, with this lease or without one.
 * @throws PgqError `STALE_LEASE` when another call opened the batch since.
 */
export async function touchBatch(
  context: Context,
  input: { database: string; batchId: Int8; leaseToken?: string | null | undefined },
): Promise<boolean> {
  const view = context.database(input.database)
  const batchId = await settledBatch(context, input)
  const values = [batchId, checkLeaseToken(input.leaseToken)]
  const queue = view.state.holders.get(batchId)?.queue
  const [row] = await view.call<{ touched: boolean }>(touchBatchStatement, values, queue)
  return row?.touched ?? false
}

/** A valid lease on an open batch. */
export interface HeldLeaseRow {
  token: string
  /** Time since the worker itself opened or last touched the batch (seconds). */
  silentSeconds: number
}

const heldColumns = 'token, silent_seconds as "silentSeconds"'
const touchStatement: Statement = {
  name: 'touch-leases',
  role: 'reader',
  text: `select ${heldColumns} from set_config('synchronous_commit', 'off', true), pgq_gateway.touch_leases($1)`,
}

/**
 * Renews the leases of live streams, without waiting for other statements or the disk. Returns those that are still
 * valid.
 */
export function touchLeases(database: Database, tokens: readonly string[]): Promise<HeldLeaseRow[]> {
  return database.callAside<HeldLeaseRow>(touchStatement, [tokens])
}

const heldStatement: Statement = {
  name: 'held-leases',
  role: 'reader',
  text: `select ${heldColumns} from pgq_gateway.held_leases($1)`,
}

/** Finds the leases among these that are still valid. */
export function findHeldLeases(database: Database, tokens: readonly string[]): Promise<HeldLeaseRow[]> {
  return database.call<HeldLeaseRow>(heldStatement, [tokens])
}

/** A cooperative consumer with an open batch, and the longest silence among the members that hold one. */
export interface SilenceRow {
  queue: string
  consumer: string
  silentSeconds: number
}

const silenceStatement: Statement = {
  name: 'silent-members',
  role: 'reader',
  text: `select queue_name as queue, consumer_name as consumer, silent_seconds as "silentSeconds"
    from pgq_gateway.silent_members($1, $2)`,
}

/** Finds the longest silence in each of these groups; groups without an open batch are left out. */
export function findSilentMembers(
  database: Database,
  groups: readonly { queue: string; consumer: string }[],
): Promise<SilenceRow[]> {
  return database.call<SilenceRow>(silenceStatement, [
    groups.map((group) => group.queue),
    groups.map((group) => group.consumer),
  ])
}
