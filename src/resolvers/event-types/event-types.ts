import { PgqError } from '../../errors.ts'
import { groupBy } from '../../group-by.ts'
import { findBreakingChanges } from '../../json-schema/compatibility.ts'
import { isSameJson, type JsonObject } from '../../json-schema/json.ts'
import { parseSchema } from '../../json-schema/parse-schema.ts'
import type { Statement } from '../../postgres/call.ts'
import type { Database } from '../../postgres/database.ts'
import type { Context } from '../context.ts'
import { type Loader, loadOne } from '../loader.ts'
import { checkListedQueue, requireQueue } from '../queues/queues.ts'
import { isChanged } from './type-cache.ts'

/** A version of a registered type. */
export interface EventTypeVersionRow {
  version: number
  schema: JsonObject
  /** Whether it breaks readers of the version before and was forced. */
  breaking: boolean
  registeredAt: string
}

/** A registered type in its newest version. */
export interface EventTypeRow extends EventTypeVersionRow {
  database: string
  queueName: string
  type: string
  enforced: boolean
}

export interface EventTypeKey {
  database: string
  queue: string
  type: string
}

const columns = `
  $1::text as database, queue_name as "queueName", type, version, schema, breaking, registered_at as "registeredAt", enforced`

const listStatement: Statement = {
  name: 'event-types',
  role: 'reader',
  kind: 'listing',
  text: `select ${columns} from pgq_gateway.event_type_info
    where is_newest and ($2::text[] is null or queue_name = any ($2))
    order by queue_name collate "C", type collate "C"`,
}

/** Finds the types of these queues, or of all for null, ordered by queue and type. */
function findEventTypes(database: Database, queues: readonly string[] | null) {
  return database.call<EventTypeRow>(listStatement, [database.name, queues])
}

/** Finds the registered types of a queue, by name. */
export const eventTypesOfQueue: Loader<string, EventTypeRow[]> = async (database, queues) => {
  const rows = groupBy(await findEventTypes(database, queues), (row) => row.queueName)
  return (queue) => rows.get(queue) ?? []
}

/** Lists the registered types of a queue, or of all that the caller may see. @throws PgqError `QUEUE_NOT_FOUND` for an unknown queue. */
export async function listEventTypes(
  context: Context,
  input: { database: string; queue?: string | null | undefined },
): Promise<EventTypeRow[]> {
  const { database } = context.database(input.database)
  await checkListedQueue(context, input)
  const types = await findEventTypes(database, input.queue == null ? null : [input.queue])
  const { access } = context.caller
  return types.filter(({ queueName }) => access.shows({ database: input.database, queue: queueName }))
}

const byKeyStatement: Statement = {
  name: 'event-types-by-key',
  role: 'reader',
  text: `select ${columns} from pgq_gateway.event_type_info
    where is_newest and (queue_name, type) in (select * from unnest($2::text[], $3::text[]))`,
}

/** Finds the newest versions of these types, in no order; unregistered ones are left out. */
function findEventTypesByKey(database: Database, keys: readonly EventTypeKey[]) {
  return database.call<EventTypeRow>(byKeyStatement, [
    database.name,
    keys.map((key) => key.queue),
    keys.map((key) => key.type),
  ])
}

const versionsStatement: Statement = {
  name: 'event-type-versions',
  role: 'reader',
  kind: 'listing',
  text: `select ${columns} from pgq_gateway.event_type_info
    where (queue_name, type) in (select * from unnest($2::text[], $3::text[]))
    order by queue_name collate "C", type collate "C", version desc`,
}

/** Finds all versions of these types, the newest of each type first. */
function findEventTypeVersions(database: Database, keys: readonly EventTypeKey[]) {
  return database.call<EventTypeRow>(versionsStatement, [
    database.name,
    keys.map((key) => key.queue),
    keys.map((key) => key.type),
  ])
}

const textOfKey = (queue: string, type: string) => `${queue}\0${type}`

const eventTypeByKey = loadOne<EventTypeKey, EventTypeRow>(
  findEventTypesByKey,
  (key) => textOfKey(key.queue, key.type),
  (row) => textOfKey(row.queueName, row.type),
)

/** Finds a registered type; null where there is none, or none that the caller may see. */
export async function findEventType(context: Context, key: EventTypeKey): Promise<EventTypeRow | null> {
  const view = context.database(key.database)
  return context.caller.access.shows({ database: key.database, queue: key.queue })
    ? view.load(eventTypeByKey, key)
    : null
}

/** Finds all versions of a type, the newest first; none where it is not registered. */
export const eventTypeVersions: Loader<EventTypeKey, EventTypeRow[]> = async (database, keys) => {
  const rows = groupBy(await findEventTypeVersions(database, keys), (row) =>
    textOfKey(row.queueName, row.type),
  )
  return (key) => rows.get(textOfKey(key.queue, key.type)) ?? []
}

export interface RegisterEventTypeInput extends EventTypeKey {
  schema?: unknown
  /** Whether payloads must match; null leaves it unchanged, and false for a new type. */
  enforce?: boolean | null | undefined
  force: boolean
}

const registerStatement: Statement = {
  name: 'register-event-type',
  role: 'admin',
  text: 'select pgq_gateway.register_event_type($1, $2, $3, $4, $5, $6) as version',
}

/** Maximum length of a type's name (characters). An index entry holds about 2,700 bytes. */
const MAX_TYPE_LENGTH = 500
/** Maximum number of attempts; each fails when another caller changes the same type at the same moment. */
const MAX_ATTEMPTS = 10

/**
 * Makes a schema the newest version of a type, unless the newest version is equal. When the type is enforced, no
 * gateway accepts a violating event once this has returned.
 *
 * @returns `created` is true when there is a new version.
 * @throws PgqError `QUEUE_NOT_FOUND`; `BAD_INPUT` for an invalid schema; `INCOMPATIBLE_SCHEMA` for one that breaks
 *   readers, unless forced; `LIMIT_EXCEEDED` for too many types.
 */
export async function registerEventType(
  context: Context,
  input: RegisterEventTypeInput,
): Promise<{ eventType: EventTypeRow; created: boolean }> {
  if (input.type.length > MAX_TYPE_LENGTH) {
    const message = `A registered type has at most ${MAX_TYPE_LENGTH} characters, this one has ${input.type.length}`
    throw new PgqError('BAD_INPUT', message, { field: 'type' })
  }
  const schema = parseSchema(input.schema)
  const { database } = context.database(input.database)
  await requireQueue(context, input.database, input.queue)
  for (let attempt = 1; ; attempt++) {
    try {
      const created = await register(database, input, schema)
      return { eventType: await requireEventType(context, input), created }
    } catch (error) {
      if (!isChanged(error) || attempt === MAX_ATTEMPTS) throw error
    }
  }
}

async function register(
  database: Database,
  input: RegisterEventTypeInput,
  schema: JsonObject,
): Promise<boolean> {
  const versions = await findEventTypeVersions(database, [input])
  const [newest] = versions
  const isNew = !newest || !isSameJson(newest.schema, schema)
  const changes = isNew ? breakingChanges(versions, schema) : []
  if (changes.length > 0 && !input.force) throw incompatible(input, changes)
  const enforced = input.enforce ?? newest?.enforced ?? false
  if (isNew || enforced !== newest.enforced) {
    await database.call(
      registerStatement,
      [
        input.queue,
        input.type,
        newest?.version ?? 0,
        isNew ? JSON.stringify(schema) : null,
        changes.length > 0,
        input.enforce ?? null,
      ],
      { queue: input.queue },
    )
  }
  // This is needed even after no change: an earlier call may have made it and been cut off before this point.
  if (enforced) await database.call(awaitStatement)
  return isNew
}

/** Finds changes that break readers of any version since the last forced one. */
function breakingChanges(versions: readonly EventTypeRow[], schema: JsonObject): string[] {
  const forced = versions.findIndex((version) => version.breaking)
  const kept = forced < 0 ? versions : versions.slice(0, forced + 1)
  for (const [index, version] of kept.entries()) {
    const changes = findBreakingChanges(version.schema, schema)
    const suffix = index === 0 ? '' : ` (since version ${version.version})`
    if (changes.length > 0) return changes.map(({ path, what }) => `${path || '/'} ${what}${suffix}`)
  }
  return []
}

const MAX_LISTED_CHANGES = 10

function incompatible({ type }: EventTypeKey, changes: readonly string[]): PgqError {
  const listed = changes.slice(0, MAX_LISTED_CHANGES)
  const more = changes.length - listed.length
  const list = [...listed, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
  const message = `This schema breaks readers of ${JSON.stringify(type.slice(0, 100))}: ${list}. Give the events a new type, or force it`
  return new PgqError('INCOMPATIBLE_SCHEMA', message, { field: 'schema' })
}

const awaitStatement: Statement = {
  name: 'await-inserts',
  role: 'admin',
  text: 'select pgq_gateway.await_inserts()',
}

async function requireEventType(context: Context, key: EventTypeKey): Promise<EventTypeRow> {
  const eventType = await findEventType(context, key)
  if (!eventType) {
    throw new PgqError('NOT_FOUND', 'The event type was removed at the same moment', { field: 'type' })
  }
  return eventType
}

const removeStatement: Statement = {
  name: 'remove-event-type',
  role: 'admin',
  text: 'select pgq_gateway.remove_event_type($1, $2) as removed',
}

/** Removes a type. Returns false when it is not registered. @throws PgqError `QUEUE_NOT_FOUND`. */
export async function removeEventType(context: Context, input: EventTypeKey): Promise<boolean> {
  const [row] = await context
    .database(input.database)
    .call<{ removed: boolean }>(removeStatement, [input.queue, input.type], input.queue)
  return row?.removed ?? false
}
