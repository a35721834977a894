import type { Grant, GrantFilter, Verb } from './grant.ts'

/** What a grant is about: a database, one of its queues, or a consumer of one; a member counts as its consumer. */
export interface Place {
  database: string
  queue?: string | undefined
  consumer?: string | undefined
}

/** Names that a list may show, as patterns of SQL's LIKE. */
export interface ConsumerScope {
  queues: readonly string[]
  consumers: readonly string[]
}

/**
 * The verbs of which each suffices for one. To consume as somebody, or to manage something, needs its statistics; to see the
 * events does not let anybody consume them.
 */
const covers: Readonly<Record<Verb, ReadonlySet<Verb>>> = {
  stats: new Set(['stats', 'read', 'consume', 'manage', 'admin']),
  read: new Set(['read', 'admin']),
  publish: new Set(['publish', 'admin']),
  consume: new Set(['consume', 'admin']),
  manage: new Set(['manage', 'admin']),
  admin: new Set(['admin']),
}

/** Says what a caller may see and do. It decides by names alone, whether or not there is something of that name. */
export class Access {
  readonly #grants: readonly Grant[]
  /** Text that is equal for those who may see and do the same. */
  readonly sight: string
  /** Whether it may do everything everywhere. */
  readonly isEverything: boolean

  constructor(grants: readonly Grant[]) {
    this.#grants = [...new Map(grants.map((grant) => [grant.text, grant])).values()]
    this.isEverything = grants.some(
      (grant) => grant.verb === 'admin' && isWhole(grant, ['database', 'queue', 'consumer']),
    )
    this.sight = this.isEverything ? 'everything' : JSON.stringify([...this.grants].sort())
  }

  /** The grants, each once. */
  get grants(): readonly string[] {
    return this.#grants.map(({ text }) => text)
  }

  /** Says whether one of these verbs is granted for the whole of a place. */
  allows(needed: readonly Verb[], { database, queue, consumer }: Place): boolean {
    if (this.isEverything) return true
    return this.#grants.some(
      (grant) =>
        suffices(grant, needed, database) &&
        (queue === undefined ? grant.queue.isAny : grant.queue.matches(queue)) &&
        (consumer === undefined ? grant.consumer.isAny : grant.consumer.matches(consumer)),
    )
  }

  /**
   * Says whether a place is there for this caller: something in it is granted. Who may only publish to a queue knows of the
   * queue, and of none of its consumers.
   */
  shows({ database, queue, consumer }: Place): boolean {
    if (consumer !== undefined) return this.allows(['stats'], { database, queue, consumer })
    return this.#grants.some(
      (grant) => grant.database.matches(database) && (queue === undefined || grant.queue.matches(queue)),
    )
  }

  /** Says whether one of these verbs is granted for something in a place, or the whole of it. */
  allowsSome(needed: readonly Verb[], { database, queue }: Omit<Place, 'consumer'>): boolean {
    return this.#grants.some(
      (grant) => suffices(grant, needed, database) && (queue === undefined || grant.queue.matches(queue)),
    )
  }

  /** Finds the queues that lists show. @returns Null for all of them. */
  queuesOf(database: string): readonly string[] | null {
    const grants = this.#grants.filter((grant) => grant.database.matches(database))
    return grants.some(({ queue }) => queue.isAny) ? null : grants.map(({ queue }) => queue.like)
  }

  /** Finds the consumers for which one of these verbs is granted. @returns Null for all of them. */
  consumersOf(needed: readonly Verb[], database: string): ConsumerScope | null {
    const grants = this.#grants.filter((grant) => suffices(grant, needed, database))
    if (grants.some((grant) => isWhole(grant, ['queue', 'consumer']))) return null
    return {
      queues: grants.map(({ queue }) => queue.like),
      consumers: grants.map(({ consumer }) => consumer.like),
    }
  }

  /**
   * Finds the events of a queue that may be read as a log: those that meet one of these conditions; all of them for null.
   * An empty list is none.
   */
  filtersOf({ database, queue }: { database: string; queue: string }): readonly GrantFilter[] | null {
    if (this.allows(['read'], { database, queue })) return null
    const filters = this.#grants.flatMap((grant) =>
      grant.filter && grant.database.matches(database) && grant.queue.matches(queue) ? [grant.filter] : [],
    )
    const distinct = new Map(filters.map((filter) => [JSON.stringify(filter), filter]))
    return [...distinct.values()]
  }
}

/** Says whether a grant gives one of these verbs somewhere in a database, without conditions. */
function suffices({ verb, database, filter }: Grant, needed: readonly Verb[], name: string): boolean {
  return filter === null && needed.some((each) => covers[each].has(verb)) && database.matches(name)
}

function isWhole(grant: Grant, parts: readonly ('database' | 'queue' | 'consumer')[]): boolean {
  return grant.filter === null && parts.every((part) => grant[part].isAny)
}
