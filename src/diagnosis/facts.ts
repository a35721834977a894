import { readRevision, type SchemaRevision } from '../install/revision.ts'
import { tickTriggerName } from '../install/state.ts'
import type { Int8 } from '../int8.ts'
import type { Statement } from '../postgres/call.ts'
import type { Database } from '../postgres/database.ts'
import { type ConsumerRow, findAllConsumers } from '../resolvers/consumers/consumers.ts'
import { type Blocker, blockerOf } from '../resolvers/consumers/rotation-blocker.ts'
import { deadLetterCount } from '../resolvers/dead-letters/dead-letters.ts'
import { findAllQueues, missingParts, type QueueRow, retryCount } from '../resolvers/queues/queues.ts'
import { findTicking, type Ticking } from '../resolvers/ticks/who-ticks.ts'
import type { Thresholds } from './thresholds.ts'

/** A queue with what the checks ask of it. */
export interface QueueFacts extends QueueRow {
  isDisabled: boolean
  missing: string | null
  retryCount: Int8
  overdueRetryCount: Int8
  deadLetterCount: Int8
  /** What keeps its tables from rotating, now that they should. */
  rotationBlocker: Blocker | null
}

/** A transaction that takes long: of a session, or a prepared one. */
export interface LongTransaction {
  pid: number | null
  gid: string | null
  login: string | null
  application: string | null
  database: string | null
  state: string
  seconds: number
}

/** What is true of the server and the database as a whole. */
export interface ServerFacts {
  databaseName: string
  connectionCount: number
  /** Connections for logins that are no superusers. */
  maxConnections: number
  /** Share of PostgreSQL's queue of notices that is in use, from 0 to 1. */
  notifyUsage: number
  autovacuum: boolean
  /** Age of the oldest transaction id (transactions), and the age at which PostgreSQL begins to freeze them. */
  xidAge: number
  freezeMaxAge: number
  hasTickTrigger: boolean
  /** Number of pgq's functions that run as their owner with the search path of their caller. */
  pathlessDefinerCount: number
  /** Login that owns what looks at sessions, and whether it sees those of others. */
  watcher: string
  seesSessions: boolean
}

/** What the checks judge by. */
export interface Facts {
  revisions: { installed: SchemaRevision | null; ofThisBuild: SchemaRevision }
  ticking: Ticking
  queues: QueueFacts[]
  consumers: ConsumerRow[]
  transactions: LongTransaction[]
  server: ServerFacts
  /** How far the clock of the database is ahead of this one's (seconds), give or take half of the time that it took to ask. */
  clock: { aheadSeconds: number; uncertaintySeconds: number }
  /** Whether notices of ticks arrive. */
  hearsNotices: boolean
}

const serverStatement: Statement = {
  name: 'diagnosis-server',
  role: 'admin',
  kind: 'listing',
  text: `select current_database() as "databaseName",
      (select count(*)::int4 from pg_stat_activity where backend_type = 'client backend') as "connectionCount",
      current_setting('max_connections')::int4 - current_setting('superuser_reserved_connections')::int4
        - coalesce(current_setting('reserved_connections', true)::int4, 0) as "maxConnections",
      pg_notification_queue_usage() as "notifyUsage",
      current_setting('autovacuum')::bool and current_setting('track_counts')::bool as autovacuum,
      (select age(datfrozenxid) from pg_database where datname = current_database()) as "xidAge",
      current_setting('autovacuum_freeze_max_age')::int4 as "freezeMaxAge",
      exists (select from pg_trigger where tgrelid = 'pgq.tick'::regclass and tgname = $1 and tgenabled in ('O', 'A'))
        as "hasTickTrigger",
      (select count(*)::int4 from pg_proc
        where pronamespace = 'pgq'::regnamespace and prosecdef
          and not coalesce(proconfig::text, '') like '%search_path=%') as "pathlessDefinerCount",
      o.rolname as watcher, o.rolsuper or pg_has_role(o.oid, 'pg_read_all_stats', 'usage') as "seesSessions"
    from pg_proc p join pg_roles o on o.oid = p.proowner
   where p.oid = 'pgq_gateway.long_transactions(float8)'::regprocedure`,
}

const transactionsStatement: Statement = {
  name: 'diagnosis-transactions',
  role: 'admin',
  kind: 'listing',
  text: 'select * from pgq_gateway.long_transactions($1)',
}

const disabledStatement: Statement = {
  name: 'diagnosis-disabled',
  role: 'reader',
  kind: 'listing',
  text: 'select queue_name as name from pgq.queue where queue_disable_insert',
}

const retriesStatement: Statement = {
  name: 'diagnosis-retries',
  role: 'admin',
  kind: 'listing',
  text: `select queue_name as name, overdue_count as count from pgq_gateway.overdue_retries($1)`,
}

const revisionStatement: Statement = {
  name: 'diagnosis-revision',
  role: 'admin',
  kind: 'listing',
  text: 'select number, compatible_from as "compatibleFrom", version from pgq_gateway.schema_revision',
}

const clockStatement: Statement = {
  name: 'diagnosis-clock',
  role: 'reader',
  kind: 'listing',
  text: 'select extract(epoch from clock_timestamp())::float8 as seconds',
}

/** Reads what the checks judge by; it changes nothing. */
export async function readFacts(
  database: Database,
  hearsNotices: boolean,
  thresholds: Thresholds,
): Promise<Facts> {
  const [server] = await database.call<ServerFacts>(serverStatement, [tickTriggerName])
  if (!server) throw new TypeError('the statement about the server returned no row')
  const [installed = null] = await database.call<SchemaRevision>(revisionStatement)
  const queues = await readQueues(database, thresholds)
  const clock = await compareClocks(database)
  return {
    revisions: { installed, ofThisBuild: await readRevision() },
    ticking: await findTicking(database),
    queues,
    consumers: await findAllConsumers(database),
    transactions: await database.call<LongTransaction>(transactionsStatement, [
      Math.min(thresholds.longTransactionSeconds, ...heldSeconds(queues, clock)),
    ]),
    server,
    clock,
    hearsNotices,
  }
}

async function readQueues(database: Database, { overdueRetrySeconds }: Thresholds): Promise<QueueFacts[]> {
  const queues = await findAllQueues(database)
  const names = queues.map(({ name }) => name)
  const disabled = await database.call<{ name: string }>(disabledStatement)
  const overdue = await database.call<{ name: string; count: Int8 }>(retriesStatement, [overdueRetrySeconds])
  const isDisabled = new Set(disabled.map(({ name }) => name))
  const overdueOf = new Map(overdue.map(({ name, count }) => [name, count]))
  const missingOf = await missingParts(database)
  const retriesOf = await retryCount(
    database,
    queues.map(({ queueId }) => queueId),
  )
  const deadLettersOf = await deadLetterCount(database, names)
  const blocker = await blockerOf(database, names)
  return queues.map((queue) => ({
    ...queue,
    isDisabled: isDisabled.has(queue.name),
    missing: missingOf(queue.name) ?? null,
    retryCount: retriesOf(queue.queueId),
    overdueRetryCount: overdueOf.get(queue.name) ?? '0',
    deadLetterCount: deadLettersOf(queue.name),
    rotationBlocker: blocker(queue.name),
  }))
}

/** Returns the ages of transactions that block rotation, or a little less: they are long ones, however short. */
function heldSeconds(queues: readonly QueueFacts[], { aheadSeconds }: Facts['clock']): number[] {
  return queues.flatMap(({ rotationBlocker }) =>
    rotationBlocker?.session == null || rotationBlocker.since === null
      ? []
      : [Math.max(0, (Date.now() - Date.parse(rotationBlocker.since)) / 1000 + aheadSeconds - 1)],
  )
}

async function compareClocks(database: Database): Promise<Facts['clock']> {
  const askedAt = Date.now()
  const [row] = await database.call<{ seconds: number }>(clockStatement)
  const answeredAt = Date.now()
  const ours = (askedAt + answeredAt) / 2_000
  return { aheadSeconds: (row?.seconds ?? ours) - ours, uncertaintySeconds: (answeredAt - askedAt) / 2_000 }
}
