import type { Logger } from 'pino'
import { sleep } from '../async/backoff.ts'
import { PgqError } from '../errors.ts'
import { groupBy } from '../group-by.ts'
import { ErrorLog } from '../postgres/error-log.ts'
import type { OutageLog } from '../postgres/outage-log.ts'
import type { Session } from '../postgres/session.ts'
import { type DueQueue, OverdueQueues } from './overdue-queues.ts'
import { Pace } from './pace.ts'

export interface TickWatchOptions {
  logger: Logger
  outages: OutageLog
  /** Shortest time between ticks of an idle queue (milliseconds). */
  idleFloorMs: number
  /** Says why this process fails to tick a queue; undefined where it does not. */
  failureOf: (queue: string) => string | undefined
}

/** A row of `pgq_gateway.tick_obstacles`. */
interface Obstacle {
  /** Null for the session of the ticker that leads. */
  queue_id: number | null
  pid: number
  application_name: string
  role_name: string
  began_at: string | null
}

/** Time between looks: while a queue is late, and otherwise (milliseconds). */
const LATE_LOOK_MS = 1_000
const LOOK_MS = 5_000
/** Looks take no more than this share of the server's time, up to a pause of `MAX_PAUSE_MS`. */
const LOOK_SHARE = 0.001
const MAX_PAUSE_MS = 30_000
/** Maximum number of queues that are complained of by name. */
const MAX_NAMED = 5

const readDue = 'select * from pgq_gateway.due_queues($1)'
const readObstacles = 'select * from pgq_gateway.tick_obstacles($1)'

/** Watches whether queues are ticked when they are due, whoever ticks them, and finds out what keeps them from it. */
export class TickWatch {
  readonly #options: TickWatchOptions
  readonly #log: ErrorLog
  #queues = new OverdueQueues()
  #complaints = new Map<string, string>()
  /** Sessions that were seen to hold up an overdue queue, by its id. */
  #holders = new Map<number, string>()

  constructor(options: TickWatchOptions) {
    this.#options = options
    this.#log = new ErrorLog(options.logger, options.outages)
  }

  /** What is not ticked though it is due, and why; empty while all is well. */
  get complaints(): string[] {
    return [...this.#complaints].map(([subject, reason]) => `${subject} fails: ${reason}`)
  }

  /** Looks at all queues until the signal or the end of the session. */
  async run(session: Session, signal: AbortSignal): Promise<void> {
    const pace = new Pace({ share: LOOK_SHARE, minPauseMs: LATE_LOOK_MS, maxPauseMs: MAX_PAUSE_MS })
    this.#queues = new OverdueQueues()
    while (!signal.aborted) {
      const startedMs = performance.now()
      const complaints = await this.#look(session).catch(
        (error: unknown) => new Map([['the look for late ticks', String(error)]]),
      )
      if (session.isOver) break
      this.#complain(complaints)
      const nowMs = performance.now()
      pace.read(nowMs - startedMs, nowMs)
      const isLate = this.#queues.hasSuspects || complaints.size > 0
      await sleep(Math.max(pace.dueAtMs - nowMs, isLate ? 0 : LOOK_MS), signal)
    }
    for (const subject of this.#complaints.keys()) this.#log.forget(subject)
    this.#complaints = new Map()
  }

  #complain(complaints: Map<string, string>): void {
    for (const [subject, reason] of complaints) this.#log.failed(subject, new PgqError('INTERNAL', reason))
    for (const subject of this.#complaints.keys()) if (!complaints.has(subject)) this.#log.worked(subject)
    this.#complaints = complaints
  }

  /** @returns Complaints by subject. */
  async #look(session: Session): Promise<Map<string, string>> {
    const { rows } = await session.query<DueQueue>(readDue, [this.#options.idleFloorMs], 'due_queues')
    const overdue = this.#queues.look(rows, performance.now())
    const named = overdue.slice(0, MAX_NAMED)
    const holders = this.#holders
    this.#holders = new Map()
    if (named.length === 0) return new Map()
    const ids = named.map((queue) => queue.queue_id)
    const obstacles = await session.query<Obstacle>(readObstacles, [ids], 'tick_obstacles')
    const byQueue = groupBy(obstacles.rows, (obstacle) => obstacle.queue_id)
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

/** Names sessions; undefined where there are none. */
function describeAll(obstacles: readonly Obstacle[] | undefined): string | undefined {
  return obstacles
    ?.map(({ pid, application_name, role_name, began_at }) => {
      const since = began_at === null ? '' : `, since ${began_at}`
      return `session ${pid} (${JSON.stringify(application_name)}, role ${role_name}${since})`
    })
    .join(' and ')
}
