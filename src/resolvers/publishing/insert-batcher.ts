import { type ErrorCode, PgqError } from '../../errors.ts'
import type { Int8 } from '../../int8.ts'
import type { Database } from '../../postgres/connections.ts'
import type { EventValues } from '../event-types/type-cache.ts'
import { insertChecked, invalidPayload } from './checked-insert.ts'

/** One value per event; null where no event has one. */
export type EventColumn = readonly (string | null)[] | null

const insertStatement = {
  name: 'insert-events',
  text: 'select pgq_gateway.insert_events($1, $2, $3, $4, $5, $6, $7, $8) as ids',
}

/**
 * Inserts the events of these columns (type, data, extra1 to extra4) in one statement and one transaction, and tells the
 * ticker.
 *
 * @param revision Of the event types that their payloads were checked against.
 */
export async function insertColumns(
  database: Database,
  queue: string,
  columns: readonly EventColumn[],
  revision: Int8,
): Promise<Int8[]> {
  const [row] = await database.call<{ ids: Int8[] }>('writer', insertStatement, [queue, ...columns, revision])
  database.emit('published', queue)
  return row?.ids ?? []
}

interface Waiting {
  event: EventValues
  /** Where its payload stands in the input. */
  payloadField: string
  size: number
  resolve(eventId: Int8): void
  reject(error: unknown): void
}

/** Of the events that share a statement. Characters: a large event is better off by itself. */
const MAX_SHARED_EVENTS = 256
const MAX_SHARED_SIZE = 1_000_000

/** What every event of the statement would fail with by itself; after the first two, trying again could insert it twice. */
const commonFaults: ReadonlySet<ErrorCode> = new Set([
  'UNAVAILABLE',
  'TIMEOUT',
  'QUEUE_NOT_FOUND',
  'QUEUE_DISABLED',
])

/**
 * Single events of one queue, from many requests. An event that finds nothing under way is sent at once; those that come
 * meanwhile wait for that commit and then share a statement, and so a commit, of their own. Each is answered after its
 * commit. An event that does not match its type is left out; where a shared statement fails for what may be the fault of one
 * event, each is tried alone.
 */
class SharedInsert {
  readonly #database: Database
  readonly #queue: string
  readonly #onIdle: () => void
  #waiting: Waiting[] = []
  #isBusy = false

  constructor(database: Database, queue: string, onIdle: () => void) {
    this.#database = database
    this.#queue = queue
    this.#onIdle = onIdle
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
    this.#onIdle()
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
    const values = events.map(({ event }) => event)
    await insertChecked<void>(this.#database, [this.#queue], {
      check: (typesOf) => typesOf(this.#queue).faultsOf(values),
      insert: async (typesOf) => {
        const { revision } = typesOf(this.#queue)
        const ids = await insertColumns(this.#database, this.#queue, columnsOf(values), revision)
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

/** type, data, extra1 to extra4 */
const COLUMNS = 6

/** Rows as columns. */
export function columnsOf(events: readonly EventValues[]): EventColumn[] {
  return Array.from({ length: COLUMNS }, (_, column) => {
    const values = events.map((event) => event[column] ?? null)
    // SQL counts the events by their types.
    return column === 0 || values.some((value) => value !== null) ? values : null
  })
}

/** By queue, and only while something is under way. */
const shared = new WeakMap<Database, Map<string, SharedInsert>>()

/**
 * Inserts one event (type, data, extra1 to extra4), together with others of its queue that wait at the same time.
 *
 * @param payloadField Where its payload stands in the input, for errors.
 */
export function insertShared(
  database: Database,
  queue: string,
  event: EventValues,
  payloadField: string,
): Promise<Int8> {
  const queues = shared.get(database) ?? new Map<string, SharedInsert>()
  shared.set(database, queues)
  const insert = queues.get(queue) ?? new SharedInsert(database, queue, () => queues.delete(queue))
  queues.set(queue, insert)
  return insert.add(event, payloadField)
}
