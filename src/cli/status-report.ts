import type pg from 'pg'
import type { Logger } from 'pino'
import type { Config } from '../config/shape.ts'
import { readInstalledRevision, readRevision, type SchemaRevision } from '../install/revision.ts'
import type { Pooling } from '../postgres/client.ts'
import { connectionTarget } from '../postgres/connection-target.ts'
import { Database } from '../postgres/database.ts'
import { reasonOf } from '../reason.ts'
import { consumersOfQueue, findAllConsumers } from '../resolvers/consumers/consumers.ts'
import { blockerOf } from '../resolvers/consumers/rotation-blocker.ts'
import { deadLetterCount } from '../resolvers/dead-letters/dead-letters.ts'
import { findMoverSources, type MoverSourceRow } from '../resolvers/movers/mover-sources.ts'
import { findAllQueues, missingParts, retryCount } from '../resolvers/queues/queues.ts'
import { findTicking, type Ticking } from '../resolvers/ticks/who-ticks.ts'
import { CliError, connect } from './connect.ts'
import { blockerInWords } from './troubles.ts'

/** A queue as `status` shows it. Fields that depend on a tick are null before the first; int8 are strings. */
export interface QueueStatus {
  name: string
  tables: number
  rotationPeriodSeconds: number
  externalTicker: boolean
  tickerPaused: boolean
  tickerLagSeconds: number | null
  eventsPerSecond: number | null
  newEvents: string | null
  lastTickId: string | null
  consumers: number
  /** Null, like those below, where only PgQ is installed. */
  currentEventsPerSecond: number | null
  /** Null also while ticks come in time. */
  tickOverdueSeconds: number | null
  retryCount: string | null
  deadLetterCount: string | null
  /** Tables and sequences that it has lost; null also where none is. */
  missing: string | null
  /** Name of the consumer that keeps the oldest event table; null where none does. */
  rotationBlockedBy: string | null
}

/** A consumer, or a member of one, as `status` shows it; null where a cooperative member has no batch. */
export interface ConsumerStatus {
  queue: string
  name: string
  lagSeconds: number | null
  lastSeenSeconds: number
  pendingEvents: string | null
  currentBatchId: string | null
  /** Null, and the two below with it, for a member and where only PgQ is installed. */
  connected: boolean | null
  oldestPendingSeconds: number | null
  openBatchSeconds: number | null
}

/** A source of a mover into the database, as `status` shows it. */
export interface MoverSourceStatus {
  mover: string
  /** DATABASE/QUEUE, percent-encoded; null for a paused mover that has none yet. */
  source: string | null
  state: 'moving' | 'paused' | 'stopped'
  /** Why it is stopped. */
  reason: string | null
  eventsMoved: string | null
  movedAt: string | null
}

export interface StatusReport {
  /** The revisions of the database, null where only PgQ is installed, and of this build. */
  schemas: { installed: SchemaRevision | null; ofThisBuild: SchemaRevision }
  /** Null where only PgQ is installed, which does not say who ticks. */
  ticking: Ticking | null
  queues: QueueStatus[]
  consumers: ConsumerStatus[]
  /** Empty where only PgQ is installed. */
  movers: MoverSourceStatus[]
}

type State = Omit<StatusReport, 'schemas'>

/** Reads the state of all queues and consumers, and changes nothing. @throws CliError */
export async function readStatus(
  connectionString: string,
  config: Config,
  logger: Logger,
): Promise<StatusReport> {
  const { client, pooling } = await connect(connectionString, 'status')
  try {
    const { rows } = await client.query<{ hasPgq: boolean; hasGateway: boolean | null }>(installedStatement)
    if (!rows[0]?.hasPgq) {
      throw new CliError('This database has no PgQ. Put it in place with "pgq-graphql install".')
    }
    const state = rows[0].hasGateway
      ? await readGateway(connectionString, pooling, config, logger)
      : await readPgq(client)
    const schemas = { installed: await readInstalledRevision(client), ofThisBuild: await readRevision() }
    return { schemas, ...state }
  } catch (error) {
    if (error instanceof CliError) throw error
    throw new CliError(`PgQ's state cannot be read: ${reasonOf(error)}`, { cause: error })
  } finally {
    await client.end()
  }
}

/** An older schema of the gateway does as much as none, and so does a login that may not read it. */
const installedStatement = `
  select to_regnamespace('pgq') is not null as "hasPgq",
         to_regprocedure('pgq_gateway.mover_sources(text[])') is not null
         and pg_has_role((select oid from pg_roles where rolname = 'pgq_reader'), 'member') as "hasGateway"`

async function readGateway(
  connectionString: string,
  pooling: Pooling,
  config: Config,
  logger: Logger,
): Promise<State> {
  const { statementTimeoutMs } = config.connections
  const database = new Database({
    name: 'main',
    target: connectionTarget(connectionString),
    maxConnectionsPerRole: 1,
    statementTimeoutMs,
    logger,
  })
  database.pooling = pooling
  database.admit()
  try {
    const queues = await findAllQueues(database)
    const names = queues.map(({ name }) => name)
    const consumersOf = await consumersOfQueue(database, names)
    const progress = new Map(
      (await findAllConsumers(database)).map((row) => [`${row.queueId} ${row.consumerId}`, row.progress]),
    )
    const retriesOf = await retryCount(
      database,
      queues.map(({ queueId }) => queueId),
    )
    const deadLettersOf = await deadLetterCount(database, names)
    const missingOf = await missingParts(database)
    const blocking = await blockerOf(database, names)
    const blockerOfQueue = (name: string) => {
      const blocker = blocking(name)
      return blocker && { kind: blocker.kind, consumer: blocker.slowest }
    }
    return {
      ticking: await findTicking(database),
      queues: queues.map((queue) => ({
        name: queue.name,
        tables: queue.tableCount,
        rotationPeriodSeconds: queue.rotationPeriodSeconds,
        externalTicker: queue.externalTicker,
        tickerPaused: queue.tickerPaused,
        tickerLagSeconds: queue.tickerLagSeconds,
        eventsPerSecond: queue.eventsPerSecond,
        newEvents: queue.newEvents,
        lastTickId: queue.lastTickId,
        consumers: consumersOf(queue.name).length,
        currentEventsPerSecond: queue.currentEventsPerSecond,
        tickOverdueSeconds: queue.tickOverdueSeconds,
        retryCount: retriesOf(queue.queueId),
        deadLetterCount: deadLettersOf(queue.name),
        missing: missingOf(queue.name) ?? null,
        rotationBlockedBy: blockerInWords(blockerOfQueue(queue.name)),
      })),
      consumers: names.flatMap(consumersOf).map((row) => {
        const now = progress.get(`${row.queueId} ${row.consumerId}`)
        return {
          queue: row.queueName,
          name: row.name,
          lagSeconds: row.lagSeconds,
          lastSeenSeconds: row.lastSeenSeconds,
          pendingEvents: row.pendingEvents,
          currentBatchId: row.currentBatchId,
          connected: now?.connected ?? null,
          oldestPendingSeconds: now?.oldestPendingSeconds ?? null,
          openBatchSeconds: now?.openBatchSeconds ?? null,
        }
      }),
      movers: (await findMoverSources(database, null)).map(toMoverStatus),
    }
  } finally {
    await database.close()
  }
}

function toMoverStatus({ isPaused, stoppedBecause, ...row }: MoverSourceRow): MoverSourceStatus {
  const { mover, source, eventsMoved, movedAt } = row
  const state = stoppedBecause !== null ? 'stopped' : isPaused ? 'paused' : 'moving'
  return { mover, source, state, reason: stoppedBecause, eventsMoved, movedAt }
}

const queuesStatement = `
  select queue_name as name, queue_ntables as tables,
         extract(epoch from queue_rotation_period)::float8 as "rotationPeriodSeconds",
         queue_external_ticker as "externalTicker", queue_ticker_paused as "tickerPaused",
         extract(epoch from ticker_lag)::float8 as "tickerLagSeconds", ev_per_sec as "eventsPerSecond",
         ev_new as "newEvents", last_tick_id as "lastTickId",
         (select count(*)::int4 from pgq.get_consumer_info(queue_name)) as consumers,
         null as "currentEventsPerSecond", null as "tickOverdueSeconds", null as "retryCount",
         null as "deadLetterCount", null as missing, null as "rotationBlockedBy"
    from pgq.get_queue_info()`

const consumersStatement = `
  select queue_name as queue, consumer_name as name, extract(epoch from lag)::float8 as "lagSeconds",
         extract(epoch from last_seen)::float8 as "lastSeenSeconds", pending_events as "pendingEvents",
         current_batch as "currentBatchId", null as connected, null as "oldestPendingSeconds",
         null as "openBatchSeconds"
    from pgq.get_consumer_info()`

/** Uses only upstream's functions. */
async function readPgq(client: pg.Client): Promise<State> {
  const queues = await client.query<QueueStatus>(queuesStatement)
  const consumers = await client.query<ConsumerStatus>(consumersStatement)
  return { ticking: null, queues: queues.rows, consumers: consumers.rows, movers: [] }
}
