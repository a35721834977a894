import { type ExtraColumn, extraColumns } from './access/grant.ts'
import { Pattern } from './access/pattern.ts'

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

/** Completes the options of a mover. @throws TypeError that names the mover, what is wrong, and the remedy. */
export function planOf(options: MoverOptions): MoverPlan {
  const problem = problemOfMover(options)
  if (problem !== null) throw new TypeError(`Mover ${JSON.stringify(options.name)}: ${problem}`)
  const { name, from, to } = options
  return {
    name,
    databases: Pattern.parse(from.databases),
    queue: from.queue,
    consumer: options.consumer ?? name,
    target: to.database,
    route: to.queueBy === undefined ? { queue: to.queue ?? '' } : { by: to.queueBy },
    creates: to.create ?? false,
    types: options.types ?? null,
    origin: options.origin ?? null,
  }
}

/** Finds what is wrong with a mover, and the remedy; null where nothing is. */
export function problemOfMover({ name, from, to, types, origin }: MoverOptions): string | null {
  if (name === '') return 'its name is empty; give it one'
  if ((to.queue === undefined) === (to.queueBy === undefined))
    return 'to needs either a queue, or queueBy: the column that names it'
  if (to.queueBy !== undefined && !isExtraColumn(to.queueBy)) return `to.queueBy must be one of ${listed}`
  if (origin != null && !isExtraColumn(origin)) return `origin must be one of ${listed}`
  if (origin != null && origin === to.queueBy)
    return 'origin must be another column than to.queueBy, which names the queue'
  if (types?.length === 0) return 'types is empty, so that nothing would be moved; leave it out for all types'
  if (!isPattern(from.databases)) return 'from.databases is not percent-encoded; write % as %25'
  if (from.databases === to.database && from.queue === to.queue)
    return 'it would move the events of a queue into the same queue; name another one'
  return null
}

const listed = extraColumns.join(', ')

function isExtraColumn(text: string): text is ExtraColumn {
  return extraColumns.some((column) => column === text)
}

function isPattern(text: string): boolean {
  try {
    Pattern.parse(text)
    return true
  } catch {
    return false
  }
}

/** Names a source as targets know it. */
export function sourceName(database: string, queue: string): string {
  return `${encodeURIComponent(database)}/${encodeURIComponent(queue)}`
}
