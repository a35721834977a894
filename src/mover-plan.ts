import { type ExtraColumn, extraColumns } from './access/grant.ts'
import { Pattern } from './access/pattern.ts'
import { type NatsAddress, parseNatsUrl } from './nats/address.ts'
import { SubjectTemplate } from './nats/subject.ts'

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
    /** The database that events go into. With `nats` the one that keeps the mover's records, and `main` by default. */
    database?: string | undefined
    /** The queue that all events go into. */
    queue?: string | undefined
    /** In place of `queue`: each event goes into the queue that this column of it names. */
    queueBy?: ExtraColumn | undefined
    /** URL of a NATS server, whose JetStream gets the events in place of a database. */
    nats?: string | undefined
    /** With `nats`: the subject of each message, where {database}, {queue}, {type} and {extra1} to {extra4} stand for what the event has. */
    subject?: string | undefined
    /** With `nats`: a file with a NATS user's credentials. */
    credsFile?: string | undefined
    /** With `nats`: how many messages of a source may wait at once for JetStream to acknowledge them. Default 256. */
    maxInFlight?: number | undefined
    /** Whether to create queues of the target, or a stream, where they are missing. Default false. */
    create?: boolean | undefined
  }
  consumer?: string | undefined
  /** Types of the events that are moved; null for all. */
  types?: readonly string[] | null | undefined
  /** Column of the target that is set to DATABASE/QUEUE/EVENT-ID of the source, percent-encoded; null for none. */
  origin?: ExtraColumn | null | undefined
}

/** JetStream as a target. */
export interface NatsRoute {
  address: NatsAddress
  subject: SubjectTemplate
  credsFile: string | null
  maxInFlight: number
}

/** The queue that all events go into, or the column that names it. */
export type QueueRoute = { queue: string } | { by: ExtraColumn }

/** A mover with its defaults. */
export interface MoverPlan {
  name: string
  databases: Pattern
  queue: string
  consumer: string
  /** The database that events go into, or that keeps the records where they go elsewhere. */
  target: string
  route: QueueRoute | { nats: NatsRoute }
  creates: boolean
  types: readonly string[] | null
  origin: ExtraColumn | null
}

/** Completes the options of a mover. @throws TypeError that names the mover, what is wrong, and the remedy. */
export function planOf(options: MoverOptions): MoverPlan {
  const problem = problemOfMover(options)
  if (problem !== null) {
    const { path, message } = problem
    throw new TypeError(
      `Mover ${JSON.stringify(options.name)}: ${[path.join('.'), message].join(' ').trim()}`,
    )
  }
  const { name, from, to } = options
  return {
    name,
    databases: Pattern.parse(from.databases),
    queue: from.queue,
    consumer: options.consumer ?? name,
    target: targetDatabase(options),
    route: routeOf(to),
    creates: to.create ?? false,
    types: options.types ?? null,
    origin: options.origin ?? null,
  }
}

/** Names the database that a mover's events go into, or its records where they go elsewhere. */
export function targetDatabase({ to }: MoverOptions): string {
  return to.database ?? 'main'
}

function routeOf({ nats, subject = '', credsFile, maxInFlight, queue = '', queueBy }: MoverOptions['to']) {
  const address = nats === undefined ? null : parseNatsUrl(nats)
  if (!address) return queueBy === undefined ? { queue } : { by: queueBy }
  return {
    nats: {
      address,
      subject: SubjectTemplate.parse(subject),
      credsFile: credsFile ?? null,
      maxInFlight: maxInFlight ?? 256,
    },
  }
}

/** What is wrong with a mover, and the remedy. */
export interface MoverProblem {
  /** The setting at fault; empty where it is about several. */
  path: readonly string[]
  message: string
}

/** Finds what is wrong with a mover; null where nothing is. */
export function problemOfMover(options: MoverOptions): MoverProblem | null {
  const general = generalProblem(options)
  if (general !== null) return { path: [], message: general }
  return options.to.nats === undefined ? null : natsProblem(options.to)
}

function generalProblem({ name, from, to, types, origin }: MoverOptions): string | null {
  if (name === '') return 'its name is empty; give it one'
  const target = to.nats === undefined ? queueProblem(to, origin) : withoutQueueProblem(to, origin)
  if (target !== null) return target
  if (types?.length === 0) return 'types is empty, so that nothing would be moved; leave it out for all types'
  if (!isPattern(from.databases)) return 'from.databases is not percent-encoded; write % as %25'
  if (from.databases === to.database && from.queue === to.queue)
    return 'it would move the events of a queue into the same queue; name another one'
  return null
}

function queueProblem(to: MoverOptions['to'], origin: MoverOptions['origin']): string | null {
  if (to.database === undefined) return 'to needs either a database with a queue, or nats with a subject'
  const alone = ['subject', 'credsFile', 'maxInFlight'].find((key) => key in to)
  if (alone !== undefined) return `to.${alone} is for NATS; give to.nats, too, or leave it out`
  if ((to.queue === undefined) === (to.queueBy === undefined))
    return 'to needs either a queue, or queueBy: the column that names it'
  if (to.queueBy !== undefined && !isExtraColumn(to.queueBy)) return `to.queueBy must be one of ${listed}`
  if (origin != null && !isExtraColumn(origin)) return `origin must be one of ${listed}`
  if (origin != null && origin === to.queueBy)
    return 'origin must be another column than to.queueBy, which names the queue'
  return null
}

function withoutQueueProblem(to: MoverOptions['to'], origin: MoverOptions['origin']): string | null {
  if (to.queue !== undefined || to.queueBy !== undefined)
    return 'to needs either a queue, or nats with a subject; not both'
  if (origin != null) return 'origin is for queues; leave it out, since messages of NATS have headers for it'
  return null
}

function natsProblem({ nats = '', subject, maxInFlight = 1 }: MoverOptions['to']): MoverProblem | null {
  const problem = (key: string, message: string) => ({ path: ['to', key], message })
  if (!parseNatsUrl(nats))
    return problem('nats', 'must be a URL such as nats://user:password@host:4222, or tls://host:4222')
  if (!Number.isInteger(maxInFlight) || maxInFlight < 1)
    return problem('maxInFlight', 'must be a whole number of at least 1')
  if (subject === undefined)
    return problem('subject', 'is missing; name one, such as orders.{database}.{type}')
  try {
    SubjectTemplate.parse(subject)
    return null
  } catch (error) {
    return problem('subject', (error as TypeError).message)
  }
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
