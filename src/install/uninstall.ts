import pg from 'pg'
import { countOf } from '../count-of.ts'
import { PgqError } from '../errors.ts'
import { tickLockClass } from '../postgres/advisory-locks.ts'
import { lockTimeout } from '../postgres/sqlstate.ts'
import { bookkeeping } from './apply.ts'
import { type ComponentName, readComponents } from './components.ts'
import { patiently } from './lock-patience.ts'
import { readAdditions, readObjectsOutside, readStrangers } from './outsiders.ts'
import { type InstalledState, readState, tickTriggerName } from './state.ts'

export interface UninstallOptions {
  /** Drop the schemas of PgQ that this project made, too, with all queues. Default false. */
  withEngine?: boolean
  /** Go on while gateways serve the database. Default false. */
  force?: boolean
  /**
   * Undo everything at the end: the report tells what would be dropped. It can be done while gateways serve the database, whose
   * statements wait for half a second at most. Default false.
   */
  dryRun?: boolean
}

export interface UninstallReport {
  /** Each says what was dropped, and how much data with it; there are none when nothing of ours was there. */
  actions: string[]
  /** Each says what was left, and why. */
  kept: string[]
  /** Says what stands in the way of doing it, where a dry run has found that; else null. */
  obstacle: string | null
}

/** The parts of the engine in the order in which they are dropped. */
const engineSchemas = ['pgq_ext', 'pgq_coop', 'pgq'] as const

/**
 * Drops what this project has put into a database, in one transaction, and nothing else. Where parts of the engine stay,
 * so do the tables that say what made them, and the next installation takes them up.
 *
 * @throws PgqError `UNAVAILABLE` while a gateway serves the database, or a transaction that uses PgQ stays open; `BAD_INPUT`
 *   when schema `pgq_gateway` is not this project's, or objects of others depend on what would be dropped or lie in it;
 *   `FORBIDDEN` when the login lacks a right.
 */
export async function uninstallEngine(
  client: pg.ClientBase,
  options: UninstallOptions = {},
): Promise<UninstallReport> {
  try {
    return options.dryRun
      ? await patiently({ client }, () => uninstallOnce(client, options))
      : await uninstallOnce(client, options)
  } catch (error) {
    throw explain(error)
  }
}

/** Does it all in a transaction, which a dry run undoes. */
async function uninstallOnce(client: pg.ClientBase, options: UninstallOptions): Promise<UninstallReport> {
  await client.query('begin isolation level read committed')
  try {
    const report = await uninstall(client, options)
    await client.query(options.dryRun ? 'rollback' : 'commit')
    return report
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw error
  }
}

const nothing: UninstallReport = { actions: [], kept: [], obstacle: null }

/** Uninstalls in the transaction of its caller. */
async function uninstall(client: pg.ClientBase, options: UninstallOptions): Promise<UninstallReport> {
  await client.query(
    `set local lock_timeout = '${options.dryRun ? '500ms' : '5s'}'; set local statement_timeout = 0; set local client_min_messages = warning;
     select pg_advisory_xact_lock(${tickLockClass}, 0)`,
  )
  const state = await readState(client)
  if (!(await hasGatewaySchema(client, state))) return nothing
  const obstacle = options.force ? null : await describeServing(client)
  if (obstacle !== null && !options.dryRun) throw new PgqError('UNAVAILABLE', obstacle)

  const ours = await readOwnEngine(client, state)
  const dropped = options.withEngine ? ours : []
  const kept = options.withEngine ? [] : ours
  const hasGateway = state.installed.has('pgq_gateway')
  if (!hasGateway && dropped.length === 0) return nothing
  await checkStrangers(client, ['pgq_gateway', ...dropped])
  const actions: string[] = []
  if (state.tickTrigger === 'present') {
    await client.query(`drop trigger ${tickTriggerName} on pgq.tick`)
    actions.push('dropped the trigger on pgq.tick')
  }
  if (hasGateway) actions.push(await describeGateway(client))
  for (const name of dropped) actions.push(`dropped schema ${name}${await describeEngine(client, name)}`)
  const schemas = ['pgq_gateway', ...dropped]
  const additions = await readAdditions(client, schemas)
  if (additions.length > 0)
    actions.push(`dropped what others have put on their tables: ${additions.join('; ')}`)
  const keptLines = await describeKept(client, state, kept)

  const records = await readRecords(client, kept)
  const before = await readObjectsOutside(client, schemas)
  await client.query(`drop schema ${schemas.join(', ')} cascade`)
  const after = new Set(await readObjectsOutside(client, schemas))
  const lost = before.filter((object) => !after.has(object))
  if (lost.length > 0) {
    throw new PgqError(
      'BAD_INPUT',
      `These depend on what would be dropped: ${lost.join('; ')}. Drop them first.`,
    )
  }
  await restoreRecords(client, records)
  return { actions, kept: keptLines, obstacle }
}

/** @throws PgqError `BAD_INPUT` for a schema of that name that this project has not filled. */
async function hasGatewaySchema(client: pg.ClientBase, state: InstalledState): Promise<boolean> {
  if (state.installed.size > 0) return true
  const { rows } = await client.query(`select from pg_namespace where nspname = 'pgq_gateway'`)
  if (rows.length === 0) return false
  throw new PgqError(
    'BAD_INPUT',
    'Schema pgq_gateway has no record of an installation by this project, so it is left alone.',
  )
}

/** Reads which parts of the engine are this project's and there, in the order in which they are dropped. */
async function readOwnEngine(client: pg.ClientBase, state: InstalledState): Promise<ComponentName[]> {
  const { rows } = await client.query<{ name: string }>('select nspname::text as name from pg_namespace')
  const present = new Set(rows.map(({ name }) => name))
  return engineSchemas.filter((name) => state.origins[name] === 'ours' && present.has(name))
}

/** Says that gateways serve the database, and what to do. @returns Null where none does. */
async function describeServing(client: pg.ClientBase): Promise<string | null> {
  const { rows } = await client.query<{ gateway: string }>(
    `select format('process %s, from %s', a.pid, coalesce(host(a.client_addr), 'the same machine')) as gateway
       from pg_stat_activity a
      where a.datname = current_database() and a.application_name like 'pgq-graphql/gateway %'
      order by a.pid`,
  )
  const gateways = [...rows.map(({ gateway }) => gateway), ...(await readPooledGateways(client))]
  if (gateways.length === 0) return null
  return (
    `This database is served by ${gateways.length === 1 ? 'a gateway' : `${gateways.length} gateways`} (` +
    `${gateways.join('; ')}). Stop it first: it would put back what it misses. --force goes on all the same.`
  )
}

/** Names gateways that live behind a pooler, whose sessions say nothing of them. */
async function readPooledGateways(client: pg.ClientBase): Promise<string[]> {
  const { rows: known } = await client.query<{ areKnown: boolean }>(
    `select to_regprocedure('pgq_gateway.end_life(int4, uuid)') is not null as "areKnown"`,
  )
  if (!known[0]?.areKnown) return []
  const { rows } = await client.query<{ gateway: string }>(
    `select format('gateway %s, behind a pooler', g.gateway) as gateway
       from pgq_gateway.gateway g
      where g.pid is null and not exists (select from pgq_gateway.dead_gateways(array[g.gateway]))
      order by 1`,
  )
  return rows.map(({ gateway }) => gateway)
}

async function checkStrangers(client: pg.ClientBase, schemas: readonly ComponentName[]): Promise<void> {
  const components = await readComponents()
  const strangers = await readStrangers(
    client,
    components.filter(({ name }) => schemas.includes(name)),
  )
  if (strangers.length === 0) return
  throw new PgqError(
    'BAD_INPUT',
    `These lie in a schema that would be dropped, and are not this project's: ${strangers.join('; ')}. Move or drop them first.`,
  )
}

async function describeGateway(client: pg.ClientBase): Promise<string> {
  const deadLetters = await count(client, 'pgq_gateway.dead_letter')
  const eventTypes = await count(client, 'pgq_gateway.event_type')
  return `dropped schema pgq_gateway with ${countOf(deadLetters, 'dead letter')} and ${countOf(eventTypes, 'event type')}`
}

async function describeEngine(client: pg.ClientBase, name: ComponentName): Promise<string> {
  if (name === 'pgq_ext') {
    const positions = await count(client, 'pgq_ext.completed_tick')
    return ` with the positions of ${countOf(positions, 'consumer')} of other databases`
  }
  if (name !== 'pgq') return ''
  const { rows } = await client.query<{ queues: string; consumers: string; unfinished: string }>(
    `select count(*) as queues, coalesce(sum(s.consumers), 0) as consumers,
            coalesce(sum(coalesce(pg_sequence_last_value(to_regclass(q.queue_event_seq)), 0) - s.finished), 0) as unfinished
       from pgq.queue q
      cross join lateral (
            select count(*) as consumers, min(t.tick_event_seq) as finished
              from pgq.subscription s
              left join pgq.tick t on t.tick_queue = s.sub_queue and t.tick_id = s.sub_last_tick
             where s.sub_queue = q.queue_id) s`,
  )
  const { queues = '0', consumers = '0', unfinished = '0' } = rows[0] ?? {}
  const retries = await count(client, 'pgq.retry_queue')
  return (
    ` with ${countOf(queues, 'queue')}, ${countOf(consumers, 'consumer')}, up to ${countOf(unfinished, 'event')} that a consumer ` +
    `has not finished, and ${countOf(retries, 'retried event')}`
  )
}

async function describeKept(
  client: pg.ClientBase,
  state: InstalledState,
  kept: readonly ComponentName[],
): Promise<string[]> {
  const lines: string[] = []
  for (const name of kept) {
    lines.push(`schema ${name}${await describeEngine(client, name)}; --with-engine drops it`)
  }
  if (kept.length > 0) lines.push('pgq_gateway.installed and pgq_gateway.migration, which say what made them')
  for (const name of engineSchemas) {
    const origin = state.origins[name]
    if (origin === 'extension') lines.push(`schema ${name}, which the extension made`)
    if (origin === 'foreign') lines.push(`schema ${name}, which this project has not made`)
  }
  lines.push('the roles pgq_reader, pgq_writer and pgq_admin, which belong to all databases of the server')
  return lines
}

async function count(client: pg.ClientBase, table: string): Promise<string> {
  const { rows: found } = await client.query<{ exists: boolean }>(
    'select to_regclass($1) is not null as exists',
    [table],
  )
  if (!found[0]?.exists) return '0'
  const { rows } = await client.query<{ count: string }>(`select count(*) from ${table}`)
  return rows[0]?.count ?? '0'
}

/** The rows of the installer's tables, as JSON. */
interface Records {
  installed: string
  migration: string
}

async function readRecords(client: pg.ClientBase, names: readonly ComponentName[]): Promise<Records | null> {
  if (names.length === 0) return null
  const { rows } = await client.query<Records>(
    `select (select coalesce(json_agg(i), '[]') from pgq_gateway.installed i where component = any ($1))::text as installed,
            (select coalesce(json_agg(m), '[]') from pgq_gateway.migration m where component = any ($1))::text as migration`,
    [names],
  )
  return rows[0] ?? null
}

async function restoreRecords(client: pg.ClientBase, records: Records | null): Promise<void> {
  if (!records) return
  await client.query(
    `${bookkeeping}; grant usage on schema pgq_gateway to public;
     grant select on pgq_gateway.installed, pgq_gateway.migration to public`,
  )
  for (const table of ['installed', 'migration'] as const) {
    await client.query(
      `insert into pgq_gateway.${table} select * from json_populate_recordset(null::pgq_gateway.${table}, $1)`,
      [records[table]],
    )
  }
}

function explain(error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError)) return error
  const { code: sqlstate = '' } = error
  if (sqlstate === '42501') {
    const message = `The login lacks a right that this needs: ${error.message}.`
    return new PgqError('FORBIDDEN', message, { sqlstate, cause: error })
  }
  if (sqlstate === lockTimeout) {
    const message = 'A transaction that has used PgQ stays open. End it, and try again.'
    return new PgqError('UNAVAILABLE', message, { sqlstate, cause: error })
  }
  if (sqlstate === '53200') {
    const message =
      'The server cannot lock the tables of all queues at once: drop queues before, or raise max_locks_per_transaction.'
    return new PgqError('LIMIT_EXCEEDED', message, { sqlstate, cause: error })
  }
  return error
}
