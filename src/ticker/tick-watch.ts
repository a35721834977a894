import pg from 'pg'
import type { Logger } from 'pino'
import { sleep } from '../async/backoff.ts'
import { PgqError } from '../errors.ts'
import { groupBy } from '../group-by.ts'
import { ErrorLog } from '../postgres/error-log.ts'
import type { OutageLog } from '../postgres/outage-log.ts'
import type { Session } from '../postgres/session.ts'
import { lockTimeout } from '../postgres/sqlstate.ts'
import { type DueQueue, OverdueQueues } from './overdue-queues.ts'
import { Pace } from './pace.ts'

export interface TickWatchOptions {
  logger: Logger
  outages: OutageLog
  /** Says why this process fails to tick a queue; undefined where it does not. */
  failureOf: (queue: string) => string | undefined
}

/** A row of `pgq_gateway.lock_holders`. */
interface LockHolder {
  /** Null for a gateway that shares its sessions with others. */
  pid: number | null
  application_name: string
  role_name: string
  began_at: string | null
}

/** A row of `pgq_gateway.tick_obstacles`. */
interface Obstacle extends LockHolder {
  /** Null for the session of the ticker that leads. */
  queue_id: number | null
}

/** Obstacles by queue. */
type Obstacles = ReadonlyMap<number | null, Obstacle[]>

/** A row of `pgq_gateway.damaged_queues`. */
interface DamagedQueue {
  queue_id: number
  queue_name: string
  missing: string
}

/** The answer of `pgq_gateway.other_ticks`. */
interface Others {
  queue_count: number
  ticked_ms: number | null
}

/** Time between looks: while a queue is late, and otherwise (milliseconds). */
const LATE_LOOK_MS = 1_000
const LOOK_MS = 5_000
/** Looks take no more than this share of the server's time, up to a pause of `MAX_PAUSE_MS`. */
const LOOK_SHARE = 0.001
const MAX_PAUSE_MS = 30_000
/** Maximum number of queues that are complained of by name. */
const MAX_NAMED = 5

const readDue = 'select * from pgq_gateway.due_queues()'
const readDamaged = 'select * from pgq_gateway.damaged_queues()'
const readObstacles = 'select * from pgq_gateway.tick_obstacles($1)'
const readOthers = 'select * from pgq_gateway.other_ticks($1)'
const readLockHolders = 'select * from pgq_gateway.lock_holders()'

/** What a look has found. */
interface Findings {
  /** Complaints by subject. */
  complaints: Map<string, string>
  /** Whether no queue of the database gets on. */
  isStalled: boolean
}

/** What looks for damage have seen. */
interface Damage {
  pace: Pace
  seen: ReadonlySet<number>
  confirmed: readonly DamagedQueue[]
}

const noDamage = (): Damage => ({
  pace: new Pace({ share: LOOK_SHARE, minPauseMs: LOOK_MS, maxPauseMs: MAX_PAUSE_MS }),
  seen: new Set(),
  confirmed: [],
})

const allIsWell: Findings = { complaints: new Map(), isStalled: false }

/**
 * Watches whether queues are whole, and ticked when they are due, whoever ticks them, and finds out what keeps them from
 * it.
 */
export class TickWatch {
  readonly #options: TickWatchOptions
  readonly #log: ErrorLog
  #queues = new OverdueQueues()
  #found = allIsWell
  #damaged = noDamage()
  /** Sessions that were seen to hold up an overdue queue, by its id. */
  #holders = new Map<number, string>()

  constructor(options: TickWatchOptions) {
    this.#options = options
    this.#log = new ErrorLog(options.logger, options.outages)
  }

  /** What fails, and why, while no queue gets on; else empty. */
  get reasons(): string[] {
    return this.#found.isStalled ? this.#complaints : []
  }

  /** What fails, and why, while other queues get on; else empty. */
  get warnings(): string[] {
    return this.#found.isStalled ? [] : this.#complaints
  }

  get #complaints(): string[] {
    return [...this.#found.complaints].map(([subject, reason]) => `${subject} fails: ${reason}`)
  }

  /** Looks at all queues until the signal or the end of the session. */
  async run(session: Session, signal: AbortSignal): Promise<void> {
    const pace = new Pace({ share: LOOK_SHARE, minPauseMs: LATE_LOOK_MS, maxPauseMs: MAX_PAUSE_MS })
    this.#queues = new OverdueQueues()
    this.#damaged = noDamage()
    while (!signal.aborted) {
      const found = await this.#look(session, pace).catch((error: unknown) => this.#explain(error, session))
      if (session.isOver) break
      this.#tell(found)
      const nowMs = performance.now()
      const isLate = this.#queues.hasSuspects || this.#damaged.seen.size > 0 || found.complaints.size > 0
      await sleep(Math.max(pace.dueAtMs - nowMs, isLate ? 0 : LOOK_MS), signal)
    }
    for (const subject of this.#found.complaints.keys()) this.#log.forget(subject)
    this.#found = allIsWell
  }

  #tell(found: Findings): void {
    for (const [subject, reason] of found.complaints) {
      this.#log.failed(subject, new PgqError('INTERNAL', reason))
    }
    for (const subject of this.#found.complaints.keys()) {
      if (!found.complaints.has(subject)) this.#log.worked(subject)
    }
    this.#found = found
  }

  async #look(session: Session, pace: Pace): Promise<Findings> {
    const startedMs = performance.now()
    const { rows } = await session.query<DueQueue>(readDue, [], 'due_queues')
    // What follows is paced by itself, or for queues in trouble, which must not be looked at more rarely for that.
    pace.read(performance.now() - startedMs, performance.now())
    const damaged = await this.#damagedQueues(session)
    const isDamaged = new Set(damaged.map((queue) => queue.queue_id))
    const overdue = this.#queues.look(rows, performance.now())
    const late = overdue.filter((queue) => !isDamaged.has(queue.queue_id))
    const obstacles = await this.#obstaclesOf(late.slice(0, MAX_NAMED), session)
    const complaints = new Map([...describeDamaged(damaged), ...this.#describeLate(late, obstacles)])
    if (complaints.size === 0) return allIsWell
    const stuck = [...damaged, ...late].map((queue) => queue.queue_id)
    const { rows: others } = await session.query<Others>(readOthers, [stuck], 'other_ticks')
    return { complaints, isStalled: isStalled(late, obstacles, others[0]) }
  }

  /** @returns Those that two looks have seen damaged: one that is being dropped is so in a single look. */
  async #damagedQueues(session: Session): Promise<readonly DamagedQueue[]> {
    const startedMs = performance.now()
    const { pace, seen, confirmed } = this.#damaged
    if (startedMs < pace.dueAtMs) return confirmed
    const { rows } = await session.query<DamagedQueue>(readDamaged, [], 'damaged_queues')
    pace.read(performance.now() - startedMs, performance.now())
    this.#damaged = {
      pace,
      seen: new Set(rows.map((queue) => queue.queue_id)),
      confirmed: rows.filter((queue) => seen.has(queue.queue_id)),
    }
    // The next look makes sure.
    if (rows.length > this.#damaged.confirmed.length) pace.hurry()
    return this.#damaged.confirmed
  }

  async #obstaclesOf(queues: readonly DueQueue[], session: Session): Promise<Obstacles> {
    if (queues.length === 0) return new Map()
    const ids = queues.map((queue) => queue.queue_id)
    const { rows } = await session.query<Obstacle>(readObstacles, [ids], 'tick_obstacles')
    return groupBy(rows, (obstacle) => obstacle.queue_id)
  }

  /** Says why the look has failed; the queues are then in doubt. */
  async #explain(error: unknown, session: Session): Promise<Findings> {
    const isLocked = error instanceof pg.DatabaseError && error.code === lockTimeout
    const holders = isLocked ? await session.query<LockHolder>(readLockHolders).catch(() => null) : null
    const holder = describeAll(holders?.rows)
    const reason = holder ? `PgQ's tables are locked by ${holder}` : String(error)
    return { complaints: new Map([['the look for late ticks', reason]]), isStalled: true }
  }

  /** @returns Complaints by subject. */
  #describeLate(overdue: readonly DueQueue[], byQueue: Obstacles): Map<string, string> {
    const named = overdue.slice(0, MAX_NAMED)
    const holders = this.#holders
    this.#holders = new Map()
    const complaints = new Map<string, string>()
    for (const { queue_id, queue_name } of named) {
      // A ticker that waits behind a lock gives up after a while, and tries again: then nobody holds the queue's own lock.
      const holder = describeAll(byQueue.get(queue_id)) ?? holders.get(queue_id)
      if (holder) this.#holders.set(queue_id, holder)
      const leader = describeAll(byQueue.get(null))
      const reason =
        (holder && `it is kept from it by ${holder}`) ??
        this.#options.failureOf(queue_name) ??
        (leader ? `it is left to ${leader}` : 'no ticker leads')
      complaints.set(`the tick of queue ${JSON.stringify(queue_name)}`, reason)
    }
    const others = overdue.length - named.length
    if (others > 0) complaints.set('the tick of other queues', `${others} more are overdue`)
    return complaints
  }
}

/** @returns Complaints by subject. */
function describeDamaged(damaged: readonly DamagedQueue[]): Map<string, string> {
  const complaints = new Map<string, string>()
  for (const { queue_name, missing } of damaged.slice(0, MAX_NAMED)) {
    const reason = `it has lost ${missing}; restore that, or drop the queue with dropQueue`
    complaints.set(`queue ${JSON.stringify(queue_name)}`, reason)
  }
  const others = damaged.length - MAX_NAMED
  if (others > 0) complaints.set('other queues', `${others} more are damaged`)
  return complaints
}

/**
 * Tells whether no queue gets on. One that is not due has the benefit of the doubt, but not where nobody leads: then another
 * one must have been ticked since a queue was due, as by pgqd.
 */
function isStalled(late: readonly DueQueue[], obstacles: Obstacles, others: Others | undefined): boolean {
  if (!others || others.queue_count === 0) return true
  if (late.length === 0 || obstacles.has(null)) return false
  const lateMs = Math.max(...late.map((queue) => queue.late_ms ?? 0))
  return others.ticked_ms === null || others.ticked_ms > lateMs
}

/** Names sessions; undefined where there are none. */
function describeAll(sessions: readonly LockHolder[] | undefined): string | undefined {
  if (!sessions || sessions.length === 0) return undefined
  return sessions
    .map(({ pid, application_name, role_name, began_at }) => {
      const since = began_at === null ? '' : `, since ${began_at}`
      const subject = pid === null ? 'a gateway behind a pooler' : `session ${pid}`
      return `${subject} (${JSON.stringify(application_name)}, role ${role_name}${since})`
    })
    .join(' and ')
}
