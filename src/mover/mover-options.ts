import { Pattern } from '../access/pattern.ts'

/** A mover's sources, its target, and what it does with the events. */
export interface MoverOptions {
  /** Name of the mover, which its targets know it by. It is the name of its consumer on the sources, too, unless that has its own. */
  name: string
  from: {
    /** Databases by name, where `*` is any run of characters, as in grants. The target's own is left out for the same queue. */
    databases: string
    queue: string
  }
  to: {
    database: string
    /** The queue that all events go into. */
    queue?: string | undefined
    /** In place of `queue`: each event goes into the queue that this column of it names. */
    queueBy?: ExtraColumn | undefined
    /** Whether to create queues of the target that are missing. Default false. */
    create?: boolean | undefined
  }
  consumer?: string | undefined
  /** Types of the events that are moved; null for all. */
  types?: readonly string[] | null | undefined
  /** Column of the target that is set to DATABASE/QUEUE/EVENT-ID of the source, percent-encoded; null for none. */
  origin?: ExtraColumn | null | undefined
}

export const extraColumns = ['extra1', 'extra2', 'extra3', 'extra4'] as const

/** A column of an event that an application may use as it likes. */
export type ExtraColumn = (typeof extraColumns)[number]

/** A mover with its defaults. */
export interface MoverPlan {
  name: string
  databases: Pattern
  queue: string
  consumer: string
  target: string
  /** The queue that all events go into, or the column that names it. */
  route: { queue: string } | { by: ExtraColumn }
  creates: boolean
  types: readonly string[] | null
  origin: ExtraColumn | null
}

/** Checks the options of a mover. @throws TypeError that names the mover, what is wrong, and the remedy. */
export function planOf({ name, from, to, ...options }: MoverOptions): MoverPlan {
  const fail = (what: string): never => {
    throw new TypeError(`Mover ${JSON.stringify(name)}: ${what}`)
  }
  if (name === '') fail('its name is empty; give it one')
  if ((to.queue === undefined) === (to.queueBy === undefined))
    fail('to names either a queue or queueBy, the column that names it')
  const route = to.queue === undefined ? { by: checkColumn(to.queueBy, 'to.queueBy') } : { queue: to.queue }
  function checkColumn(column: unknown, field: string): ExtraColumn {
    return (
      extraColumns.find((each) => each === column) ??
      fail(`${field} must be one of ${extraColumns.join(', ')}`)
    )
  }
  if (options.types?.length === 0)
    fail('types is empty, so that nothing would be moved; leave it out for all types')
  const origin = options.origin == null ? null : checkColumn(options.origin, 'origin')
  if ('by' in route && route.by === origin)
    fail('origin must be another column than to.queueBy, which names the queue')
  if ('queue' in route && from.databases === to.database && from.queue === route.queue)
    fail('it would move the events of a queue into the same queue; name another one')
  return {
    name,
    databases: parsePattern(from.databases, fail),
    queue: from.queue,
    consumer: options.consumer ?? name,
    target: to.database,
    route,
    creates: to.create ?? false,
    types: options.types ?? null,
    origin,
  }
}

function parsePattern(text: string, fail: (what: string) => never): Pattern {
  try {
    return Pattern.parse(text)
  } catch {
    return fail('from.databases is not percent-encoded; write % as %25')
  }
}

/** Names a source as targets know it. */
export function sourceName(database: string, queue: string): string {
  return `${encodeURIComponent(database)}/${encodeURIComponent(queue)}`
}
