import { PgqError } from '../../errors.ts'
import type { Int8 } from '../../int8.ts'
import type { Database } from '../../postgres/database.ts'
import type { Context } from '../context.ts'

/** @throws PgqError `BAD_INPUT` for text that no lease can have. */
export function checkLeaseToken(token: string | null | undefined): string | null {
  if (token == null) return null
  if (/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(token)) return token
  throw new PgqError('BAD_INPUT', 'This is not a lease token; pass the leaseToken of the batch', {
    field: 'leaseToken',
  })
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
  context: Context,
  input: { database: string; batchId: Int8; leaseToken?: string | null | undefined },
): Promise<boolean> {
  const database = context.database(input.database)
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
  text: `select ${heldColumns} from set_config('synchronous_commit', 'off', true), pgq_gateway.touch_leases($1)`,
}

/**
 * The heartbeat of batches under live streams, which waits for no other statement and no disk. Gives those of these tokens
 * that still hold theirs.
 */
export function touchLeases(database: Database, tokens: readonly string[]): Promise<HeldLeaseRow[]> {
  return database.callAside<HeldLeaseRow>('reader', touchStatement, [tokens])
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
