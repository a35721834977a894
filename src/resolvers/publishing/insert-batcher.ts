import { type ErrorCode, PgqError } from '../../errors.ts'
import type { Int8 } from '../../int8.ts'
import type { Statement } from '../../postgres/call.ts'
import type { Database } from '../../postgres/database.ts'
import type { EventTypeCache, EventValues } from '../event-types/type-cache.ts'
import { insertChecked, invalidPayload } from './checked-insert.ts'

/** Values of one column, one per event; null where no event has a value. */
export type EventColumn = readonly (string | null)[] | null

const insertStatement: Statement = {
  name: 'insert-events',
  role: 'writer',
  text: 'select pgq_gateway.insert_events($1, $2, $3, $4, $5, $6, $7, $8) as ids',
  refusalCode: 'BAD_INPUT',
}

/**
 * Inserts the events of these columns (type, data, extra1 to extra4) in one statement and one transaction.
 *
 * @param revision Revision of the event types that their payloads were checked against.
 */
async function insertColumns(
  database: Database,
  { queue, sight }: { queue: string; sight: string },
  columns: readonly EventColumn[],
  revision: Int8,
): Promise<Int8[]> {
  const values = [queue, ...columns, revision]
  const [row] = await database.call<{ ids: Int8[] }>(insertStatement, values, { queue, sight })
  return row?.ids ?? []
}

interface Waiting {
  event: EventValues
  /** Path of its payload in the input. */
  payloadField: string
  size: number
  resolve(eventId: Int8): void
  reject(error: unknown): void
}

/** Maximum number of events that share a statement, and of their characters: a large event is faster by itself. */
const MAX_SHARED_EVENTS = 256
const MAX_SHARED_SIZE = 1_000_000

/** Codes that every event would meet by itself. After the first two, a retry could insert an event twice. */
const commonFaults: ReadonlySet<ErrorCode> = new Set([
  'UNAVAILABLE',
  'TIMEOUT',
  'QUEUE_NOT_FOUND',
  'QUEUE_DISABLED',
])

/** Dependencies of inserting: the types to check against, and a callback after each commit. */
interface Publishing {
  readonly types: EventTypeCache
  readonly onPublished: (queue: string) => void
}

/** Inserts events into the queues of a database, in as few commits as possible, and notifies the ticker. */
export class InsertBatcher {
  readonly #database: Database
  readonly #publishing: Publishing
  readonly #sight: string
  /** Inserts by queue, present while one is under way. */
  readonly #queues = new Map<string, QueueInserts>()

  /** @param sight `Caller.sight` of those who publish. */
  constructor(database: Database, publishing: Publishing, sight: string) {
    this.#database = database
    this.#publishing = publishing
    this.#sight = sight
  }

  /**
   * Inserts one event, together with others of its queue that wait at the same time.
   *
   * @param payloadField Path of its payload in the input, for errors.
   */
  insertOne(queue: string, event: EventValues, payloadField: string): Promise<Int8> {
    const inserts = this.#queues.get(queue) ?? this.#begin(queue)
    return inserts.add(event, payloadField)
  }

  /** Inserts all of these events in one transaction, or none. @param fieldOf Path of each payload in the input. */
  async insertAll(
    queue: string,
    events: readonly EventValues[],
    fieldOf: (index: number) => string,
  ): Promise<Int8[]> {
    return insertChecked(this.#publishing.types, [queue], {
      check: (typesOf) => typesOf(queue).faultsOf(events),
      insert: (typesOf) => this.#insert(queue, events, typesOf(queue).revision),
      refuse: async (faults) => {
        throw invalidPayload(faults, fieldOf)
      },
    })
  }

  #begin(queue: string): QueueInserts {
    const inserts = new QueueInserts({
      queue,
      types: this.#publishing.types,
      insert: (events, revision) => this.#insert(queue, events, revision),
      onIdle: () => this.#queues.delete(queue),
    })
    this.#queues.set(queue, inserts)
    return inserts
  }

  async #insert(queue: string, events: readonly EventValues[], revision: Int8): Promise<Int8[]> {
    const ids = await insertColumns(
      this.#database,
      { queue, sight: this.#sight },
      columnsOf(events),
      revision,
    )
    this.#publishing.onPublished(queue)
    return ids
  }
}

interface QueueInsertsOptions {
  queue: string
  types: EventTypeCache
  insert(events: readonly EventValues[], revision: Int8): Promise<Int8[]>
  onIdle(): void
}

/**
 * Collects single events of one queue from many requests. An event is sent at once when no insert is under way; those
 * that come meanwhile wait for that commit and then share the next statement and commit. Each is answered after its
 * commit. An event that does not match its type is rejected alone; where a shared statement fails and one event may
 * be at fault, each is tried by itself.
 */
class QueueInserts {
  readonly #options: QueueInsertsOptions
  #waiting: Waiting[] = []
  #isBusy = false

  constructor(options: QueueInsertsOptions) {
    this.#options = options
  }

  add(event: EventValues, payloadField: string): Promise<Int8> {
    const size = event.reduce((sum, value) => sum + (value?.length ?? 0), 0)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ event, payloadField, size, resolve, reject })
      if (!this.#isBusy) void this.#run()
    })
  }

  async #run(): Promise<void> {
    this.#isBusy = true
    while (this.#waiting.length > 0) await this.#insert(this.#take())
    this.#options.onIdle()
  }

  #take(): Waiting[] {
    let count = 0
    let size = 0
    for (const { size: added } of this.#waiting) {
      size += added
      if (count > 0 && (count === MAX_SHARED_EVENTS || size > MAX_SHARED_SIZE)) break
      count++
    }
    return this.#waiting.splice(0, count)
  }

  async #insert(events: readonly Waiting[]): Promise<void> {
    try {
      await this.#insertAll(events)
    } catch (error) {
      const isCommon = error instanceof PgqError && commonFaults.has(error.code)
      if (isCommon || events.length === 1) for (const { reject } of events) reject(error)
      else await Promise.all(events.map((event) => this.#insert([event])))
    }
  }

  async #insertAll(events: readonly Waiting[]): Promise<void> {
    const { queue, types, insert } = this.#options
    const values = events.map(({ event }) => event)
    await insertChecked<void>(types, [queue], {
      check: (typesOf) => typesOf(queue).faultsOf(values),
      insert: async (typesOf) => {
        const ids = await insert(values, typesOf(queue).revision)
        for (const [index, { resolve }] of events.entries()) resolve(ids[index] ?? '')
      },
      refuse: async (faults) => {
        for (const fault of faults) {
          const event = events[fault.index]
          event?.reject(invalidPayload([fault], () => event.payloadField))
        }
        const faulty = new Set(faults.map(({ index }) => index))
        const rest = events.filter((_, index) => !faulty.has(index))
        if (rest.length > 0) await this.#insert(rest)
      },
    })
  }
}

/** Number of an event's values: type, data, extra1 to extra4. */
const COLUMNS = 6

/** Turns rows into columns. */
export function columnsOf(events: readonly EventValues[]): EventColumn[] {
  return Array.from({ length: COLUMNS }, (_, column) => {
    const values = events.map((event) => event[column] ?? null)
    // SQL counts the events by the length of this column.
    return column === 0 || values.some((value) => value !== null) ? values : null
  })
}
