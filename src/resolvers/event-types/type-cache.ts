import { LRUCache } from 'lru-cache'
import { PgqError } from '../../errors.ts'
import type { Int8 } from '../../int8.ts'
import { CompiledSchema, checkDocuments, type Fault } from '../../json-schema/compiled-schema.ts'
import type { JsonObject } from '../../json-schema/json.ts'
import { TimeBudget } from '../../json-schema/time-budget.ts'
import type { Statement } from '../../postgres/call.ts'
import type { Database } from '../../postgres/database.ts'
import { changedEventTypes } from '../../postgres/sqlstate.ts'

/** An event as SQL takes it: type, data, extra1 to extra4. */
export type EventValues = readonly (string | null)[]

/** An event whose payload does not match its type. */
export interface PayloadFault {
  /** Index of the event in its list. */
  index: number
  /** Finds out what is wrong, and according to which version of which type. */
  explain(): { type: string; version: number; faults: Fault[] }
}

interface EnforcedType {
  version: number
  /** JSON text of the schema. */
  schema: string
}

/** Holds the enforced types of a queue at one revision. */
export class QueueTypes {
  /** Number of this state of the registry; 0 for a queue that never had types. */
  readonly revision: Int8
  readonly #types: ReadonlyMap<string, EnforcedType>

  constructor(revision: Int8, types: ReadonlyMap<string, EnforcedType>) {
    this.revision = revision
    this.#types = types
  }

  /** Whether no type is enforced, so that no event can have a fault. */
  get isEmpty(): boolean {
    return this.#types.size === 0
  }

  /** Finds the events with a fault, in their order. */
  faultsOf(events: readonly EventValues[]): PayloadFault[] {
    if (this.isEmpty) return []
    const checked = events.flatMap(([type, data = null], index) => {
      const enforced = type == null ? undefined : this.#types.get(type)
      if (type == null || !enforced) return []
      return [{ index, type, version: enforced.version, schema: compiled(enforced.schema), text: data }]
    })
    const budget = new TimeBudget()
    return checkDocuments(checked, budget).flatMap((fault, n) => {
      const document = checked[n]
      if (!fault || !document) return []
      const { index, type, version, schema, text } = document
      return [{ index, explain: () => ({ type, version, faults: schema.faultsOf(text, fault, budget) }) }]
    })
  }
}

const none = new QueueTypes('0', new Map())

/** Number of queues whose types are remembered, the most recently used. */
const MAX_QUEUES = 1_000

const loadStatement: Statement = {
  name: 'enforced-event-types',
  role: 'writer',
  text: `select revision, type, version, schema::text as schema from pgq_gateway.enforced_event_types($1)`,
}

interface LoadedRow {
  revision: Int8
  /** Name of the type; null, like the fields below, where no type is enforced. */
  type: string | null
  version: number
  schema: string
}

/** Caches the enforced event types of a database's queues. */
export class EventTypeCache {
  readonly #database: Database
  readonly #queues = new LRUCache<string, QueueTypes>({ max: MAX_QUEUES })

  constructor(database: Database) {
    this.#database = database
  }

  /** Returns the cached types of a queue without a query; none where they were never loaded. */
  known(queue: string): QueueTypes {
    return this.#queues.get(queue) ?? none
  }

  /** Reads the current types of a queue and caches them. */
  async load(queue: string): Promise<QueueTypes> {
    const rows = await this.#database.call<LoadedRow>(loadStatement, [queue], { queue })
    const [first] = rows
    if (!first) {
      this.#queues.delete(queue)
      return none
    }
    const types = rows.flatMap(({ type, version, schema }) =>
      type === null ? [] : [[type, { version, schema }] as const],
    )
    const loaded = new QueueTypes(first.revision, new Map(types))
    this.#queues.set(queue, loaded)
    return loaded
  }
}

/** Says whether an error means that the types have changed since they were read. */
export function isChanged(error: unknown): boolean {
  return error instanceof PgqError && error.sqlstate === changedEventTypes
}

/** Compiled schemas by their text. They are pure, so queues, versions and databases share them. */
const compiledSchemas = new LRUCache<string, CompiledSchema>({
  max: 1_000,
  // The size counts characters of text; compiled schemas take about ten times that in bytes.
  maxSize: 4_000_000,
  sizeCalculation: (_, text) => text.length || 1,
})

function compiled(text: string): CompiledSchema {
  const known = compiledSchemas.get(text)
  if (known) return known
  const schema = new CompiledSchema(JSON.parse(text) as JsonObject)
  compiledSchemas.set(text, schema)
  return schema
}
