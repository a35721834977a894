import type { Int8 } from '../../int8.ts'
import { CompiledSchema, type Fault } from '../../json-schema/compiled-schema.ts'
import type { JsonObject } from '../../json-schema/json.ts'
import { TimeBudget } from '../../json-schema/time-budget.ts'
import type { Database } from '../../postgres/connections.ts'

/** An event as SQL takes it: type, data, extra1 to extra4. */
export type EventValues = readonly (string | null)[]

/** An event whose payload does not match its type. */
export interface PayloadFault {
  /** Of the event in its list. */
  index: number
  /** What is wrong with it, and by which version of which type. */
  explain(): { type: string; version: number; faults: Fault[] }
}

interface EnforcedType {
  version: number
  /** Text of its JSON. */
  schema: string
}

/** For the events of one statement, milliseconds. */
const CHECK_MS = 500

/** The enforced types of a queue, as they were at a revision. */
export class QueueTypes {
  /** Tells this state of the registry from every other; 0 for a queue that never had any types. */
  readonly revision: Int8
  readonly #types: ReadonlyMap<string, EnforcedType>

  constructor(revision: Int8, types: ReadonlyMap<string, EnforcedType>) {
    this.revision = revision
    this.#types = types
  }

  /** The events with a fault, in their order. */
  faultsOf(events: readonly EventValues[]): PayloadFault[] {
    if (this.#types.size === 0) return []
    const budget = new TimeBudget(CHECK_MS)
    const faulty: PayloadFault[] = []
    for (const [index, [type, data = null]] of events.entries()) {
      const enforced = type == null ? undefined : this.#types.get(type)
      if (type == null || !enforced) continue
      const { version } = enforced
      const schema = compiled(enforced.schema)
      const fault = schema.faultOf(data, budget)
      if (!fault) continue
      faulty.push({ index, explain: () => ({ type, version, faults: schema.faultsOf(data, fault) }) })
    }
    return faulty
  }
}

const none = new QueueTypes('0', new Map())

/** Queues whose types are remembered, per database: the latest that had any to load. */
const MAX_QUEUES = 1_000

const known = new WeakMap<Database, Map<string, QueueTypes>>()

/** What this process knows of a queue's types without asking; that it has none, until told otherwise. */
export function knownTypes(database: Database, queue: string): QueueTypes {
  return known.get(database)?.get(queue) ?? none
}

const loadStatement = {
  name: 'enforced-event-types',
  text: `select revision, type, version, schema::text as schema from pgq_gateway.enforced_event_types($1)`,
}

interface LoadedRow {
  revision: Int8
  /** Null, as what follows, where no type is enforced. */
  type: string | null
  version: number
  schema: string
}

/** The types that a queue has now, which are known from then on. */
export async function loadTypes(database: Database, queue: string): Promise<QueueTypes> {
  const rows = await database.call<LoadedRow>('writer', loadStatement, [queue])
  const queues = known.get(database) ?? new Map<string, QueueTypes>()
  known.set(database, queues)
  queues.delete(queue)
  const [first] = rows
  if (!first) return none
  const types = new Map(
    rows.flatMap(({ type, version, schema }) =>
      type === null ? [] : [[type, { version, schema }] as const],
    ),
  )
  const loaded = new QueueTypes(first.revision, types)
  queues.set(queue, loaded)
  for (const oldest of queues.keys()) {
    if (queues.size <= MAX_QUEUES) break
    queues.delete(oldest)
  }
  return loaded
}

const MAX_COMPILED = 1_000
/** Of their texts together; compiled, they take about ten times that. */
const MAX_COMPILED_CHARACTERS = 4_000_000

const compiledByText = new Map<string, CompiledSchema>()
let compiledCharacters = 0

/** Compiled once, for all queues and versions that have it; those that were not used for longest are forgotten. */
function compiled(text: string): CompiledSchema {
  const found = compiledByText.get(text)
  if (found) {
    compiledByText.delete(text)
    compiledByText.set(text, found)
    return found
  }
  const schema = new CompiledSchema(JSON.parse(text) as JsonObject)
  compiledByText.set(text, schema)
  compiledCharacters += text.length
  for (const oldest of compiledByText.keys()) {
    if (compiledByText.size <= MAX_COMPILED && compiledCharacters <= MAX_COMPILED_CHARACTERS) break
    compiledByText.delete(oldest)
    compiledCharacters -= oldest.length
  }
  return schema
}
