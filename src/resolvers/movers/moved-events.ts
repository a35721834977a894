import type { ExtraColumn } from '../../access/grant.ts'
import { PgqError } from '../../errors.ts'
import type { Int8 } from '../../int8.ts'
import { elementsOf, repeatedElement } from '../../postgres/array-text.ts'
import { type EventColumns, type ValueColumn, valueColumnNames, valuesOf } from '../events/event-columns.ts'

/** An event with the queue that it goes into, taken apart. */
export interface MovedEvent extends Record<Exclude<ValueColumn, 'types'>, string | null> {
  targetQueue: string
  eventId: Int8
  type: string | null
  /** As PostgreSQL writes it, in UTC. */
  time: string
}

/** What a mover does with the events of a source. */
export interface Treatment {
  /** Name of the source, as targets know it. */
  source: string
  /** The queue that all events go into, or the column that names it. */
  route: { queue: string } | { by: ExtraColumn }
  /** Column that is set to where each event comes from; null for none. */
  origin: ExtraColumn | null
}

/** Events on their way to the queues of a target. They are taken apart only for who must look into them. */
export class MovedEvents {
  readonly columns: EventColumns
  /** Queues that they go into, each once. */
  readonly queues: readonly string[]
  /** Queue of each event; null where all have the same. */
  readonly #queueOfEach: readonly string[] | null

  /** @throws PgqError `BAD_INPUT` where an event does not name the queue that it goes into. */
  constructor(columns: EventColumns, { source, route, origin }: Treatment) {
    this.columns =
      origin === null
        ? columns
        : { ...columns, [origin]: `{${idsOf(columns).map((id) => `${source}/${id}`)}}` }
    this.#queueOfEach = 'by' in route ? queuesIn(columns, route.by) : null
    this.queues =
      this.#queueOfEach !== null
        ? [...new Set(this.#queueOfEach)]
        : 'queue' in route && columns.count > 0
          ? [route.queue]
          : []
  }

  get count(): number {
    return this.columns.count
  }

  /** Number of characters that they take, about. */
  get characters(): number {
    return valueColumnNames.reduce((sum, name) => sum + (this.columns[name]?.length ?? 0), 0)
  }

  /** Writes an array with a number for each event. @param numberOf Gives that of a queue. */
  numbersOfQueues(numberOf: (queue: string) => number): string {
    const [queue = ''] = this.queues
    return this.#queueOfEach
      ? `{${this.#queueOfEach.map(numberOf)}}`
      : repeatedElement(String(numberOf(queue)), this.count)
  }

  /** Takes them apart. */
  rows(): MovedEvent[] {
    const [queue = ''] = this.queues
    const ids = idsOf(this.columns)
    const times = elementsOf(this.columns.times)
    return valuesOf(this.columns).map(([type = null, data = null, ...extras], index) => {
      const [extra1 = null, extra2 = null, extra3 = null, extra4 = null] = extras
      const targetQueue = this.#queueOfEach?.[index] ?? queue
      const eventId = ids[index] ?? ''
      return { targetQueue, eventId, time: times[index] ?? '', type, data, extra1, extra2, extra3, extra4 }
    })
  }
}

function idsOf({ ids }: EventColumns): Int8[] {
  return elementsOf(ids).map((id) => id ?? '')
}

function queuesIn(columns: EventColumns, by: ExtraColumn): string[] {
  const names = elementsOf(columns[by] ?? repeatedElement('NULL', columns.count))
  return names.map((name, index) => {
    if (name !== null) return name
    const message = `Event ${idsOf(columns)[index]} has no ${by}, which would name the queue to move it to`
    throw new PgqError('BAD_INPUT', message)
  })
}
