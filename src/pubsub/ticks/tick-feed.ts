import { EventEmitter } from 'node:events'
import { backoffMs, sleep } from '../../async/backoff.ts'
import type { Instrumentation } from '../../instrumentation.ts'
import type { Statement } from '../../postgres/call.ts'
import type { Database } from '../../postgres/database.ts'
import { ErrorLog } from '../../postgres/error-log.ts'
import {
  type GatewayNotice,
  type GatewayNoticeKind,
  gatewayChannel,
  gatewayPayload,
  parseGatewayPayload,
  parseTickPayload,
  type TickHint,
  tickChannel,
} from './channels.ts'
import { Fanout } from './fanout.ts'
import { KnownTicks } from './known-ticks.ts'
import type { LatestHints } from './latest-hints.ts'
import { Listener, type ListenerOptions } from './listener.ts'

export interface TickFeedOptions {
  /**
   * Time between polls of the tick table while ticks are not announced (milliseconds, default 1,000). It is 250 at most
   * where they never are, since sessions are shared.
   */
  pollMs?: number
  /** Says whether PgQ's tick table has this gateway's trigger; without it the feed polls. Default: true. */
  hasTickTrigger?: () => boolean
  instrumentation?: Instrumentation | undefined
  /** Settings of the listening connection; see `ListenerOptions`. */
  listener?: Partial<ListenerOptions>
}

/**
 * Notices of other gateways; `live` when ticks begin to be announced, `lost` when they must be polled for; `awaited` at a
 * subscription that is not patient, and again with each heartbeat or poll while there is one.
 */
type TickFeedEvents = Record<GatewayNoticeKind, [notice: GatewayNotice]> & {
  live: []
  lost: []
  awaited: []
}

interface TickRow {
  queue_id: number
  queue_name: string
  tick_id: string
}

const readTicks: Statement = {
  name: 'current_ticks',
  role: 'reader',
  text: 'select * from pgq_gateway.current_ticks($1)',
}
const sendNotice: Statement = { name: 'send_notice', role: 'reader', text: 'select pg_notify($1, $2)' }

/** Time between polls where sessions are shared, so that there is no other news of the ticks of others (milliseconds). */
const SHARED_POLL_MS = 250

/**
 * Announces the ticks of one database as they happen, to any number of subscribers over one connection.
 *
 * After each connect it reads the current ticks once and announces those that are news, so that none is missed. While
 * LISTEN is down, or where the tick table has no trigger, one query per `pollMs` does that, if there are subscribers.
 * An announcement is a hint: readers ask SQL what there is.
 */
export class TickFeed extends EventEmitter<TickFeedEvents> {
  /** Id of this process among the gateways of the database (int4). */
  readonly gatewayId: number
  readonly #database: Database
  readonly #options: Omit<TickFeedOptions, 'listener'> & { pollMs: number; hasTickTrigger: () => boolean }
  readonly #fanout = new Fanout()
  readonly #known = new KnownTicks()
  readonly #listener: Listener
  readonly #errors: ErrorLog
  readonly #subject: string
  readonly #stopping = new AbortController()
  #isStarted = false
  #isLive = false
  /** True while ticks come without notices, as they do when their trigger is disabled. */
  #isDeaf = false
  #looking: Promise<void> | undefined
  #mustLookAgain = false
  #poll: NodeJS.Timeout | undefined

  constructor(database: Database, options: TickFeedOptions = {}) {
    super()
    this.setMaxListeners(0)
    const { listener, ...rest } = options
    this.#database = database
    this.gatewayId = database.gatewayId
    this.#errors = new ErrorLog(database.logger, database.outages)
    this.#subject = `listening to the ticks of database ${database.name}, which are polled for,`
    this.#options = { pollMs: 1_000, hasTickTrigger: () => true, ...rest }
    this.#listener = new Listener({
      gatewayId: this.gatewayId,
      // A notice waits behind at most one check of the connection.
      client: () =>
        database.pooling === 'shared'
          ? null
          : database.clientOptions(undefined, `listen ${this.gatewayId}`, { statementTimeoutMs: 10_000 }),
      ...listener,
    })
  }

  /** Says whether ticks are announced, by notices or where there are none by polling, and so is all that was missed. */
  get isLive(): boolean {
    return this.#isLive && !this.#isDeaf
  }

  /** Says whether the connection listens and everything missed before is announced. */
  get isListening(): boolean {
    return this.isLive && this.#listener.isConnected
  }

  /** How many subscriptions there are. */
  get subscriberCount(): number {
    return this.#fanout.size
  }

  /** Names of the queues whose ticks somebody waits for. */
  get awaitedQueues(): string[] {
    return this.#fanout.awaitedQueues
  }

  /** Tells whether somebody waits for ticks of a queue. */
  isAwaited(queue: string): boolean {
    return this.#fanout.isAwaited(queue)
  }

  /** Begins to listen and returns at once; the database must be ready. */
  start(): void {
    if (this.#isStarted || this.#stopping.signal.aborted) return
    this.#isStarted = true
    const { logger, name } = this.#database
    if (!this.#options.hasTickTrigger()) {
      logger.warn(`Database ${name}: pgq.tick has no trigger of this gateway, so ticks are polled for`)
    }
    this.#listener.on('notice', (channel, payload) => this.#onNotice(channel, payload))
    this.#listener.on('connected', () => this.#goLive())
    this.#listener.on('unable', () => {
      if (!this.#isLive) void this.#pollFromNowOn()
    })
    this.#listener.on('checked', () => {
      this.#tellAwaited()
      void this.#lookForMissed()
    })
    this.#listener.on('disconnected', () => {
      this.#options.instrumentation?.connection?.({ database: name, purpose: 'listen', state: 'lost' })
      if (this.#stopping.signal.aborted) return
      this.#isLive = false
      this.emit('lost')
      this.#schedulePoll()
    })
    // The first failure of each is the loss itself.
    this.#listener.on('failed', (reason) => {
      this.#database.makeRoomAfter(reason)
      this.#errors.failed(this.#subject, reason)
    })
    this.#listener.start()
    this.#schedulePoll()
  }

  /** Listens on another connection, such as to another server. */
  renew(): void {
    this.#listener.renew()
  }

  /** Ends every subscription and the connection. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#isLive = false
    clearTimeout(this.#poll)
    this.#fanout.endAll()
    await this.#listener.close()
    await this.#looking
  }

  /**
   * Subscribes to the hints of a queue; read the queue's state after this call, not before. A hint may repeat a seen
   * tick, and a lower tick id means that the queue was created again.
   *
   * @param queue Name of the queue, which need not exist; null for every queue.
   * @param signal Ends the subscription.
   * @param isPatient Whether ticks need not be made sooner for this one; see `awaited`.
   */
  subscribe(queue: string | null, signal?: AbortSignal, isPatient = false): LatestHints {
    const hints = this.#fanout.subscribe(queue, signal, isPatient)
    if (this.#stopping.signal.aborted) hints.end()
    else this.#tellAwaited()
    this.#schedulePoll()
    return hints
  }

  /** Notifies the other gateways. A notice that cannot be sent is dropped, since it is a hint. Never throws. */
  async notify(kind: GatewayNoticeKind, notice: Partial<GatewayNotice> = {}): Promise<void> {
    const payload = gatewayPayload(kind, { ...notice, gateway: this.gatewayId })
    try {
      if (this.#listener.isConnected) await this.#listener.notify(gatewayChannel, payload)
      else await this.#database.call(sendNotice, [gatewayChannel, payload])
    } catch (error) {
      this.#database.logger.debug({ err: error, kind }, 'a notice to other gateways was not sent')
    }
  }

  #tellAwaited(): void {
    if (this.#fanout.isImpatient) this.emit('awaited')
  }

  #onNotice(channel: string, payload: string | undefined): void {
    if (channel === tickChannel) {
      this.#isDeaf = false
      const hint = parseTickPayload(payload)
      if (hint && this.#known.hear(hint)) this.#announce(hint)
      else void this.#look()
    } else {
      for (const [kind, notice] of parseGatewayPayload(payload)) {
        if (notice.gateway !== this.gatewayId) this.emit(kind, notice)
      }
    }
  }

  #announce(hint: TickHint): void {
    this.#fanout.announce(hint)
    this.#options.instrumentation?.tick?.({ database: this.#database.name, ...hint })
  }

  /** Announces a tick that this process has made, where no notice does. */
  ticked(hint: TickHint): void {
    if (this.#mustPoll && this.#known.hear(hint)) this.#announce(hint)
  }

  async #pollFromNowOn(): Promise<void> {
    try {
      await this.#lookOnce(null)
    } catch (error) {
      this.#database.logger.debug({ err: error }, 'cannot read the current ticks')
      return
    }
    if (this.#listener.isConnected || this.#stopping.signal.aborted) return
    this.#isLive = true
    this.#errors.worked(this.#subject)
    this.emit('live')
  }

  async #goLive(): Promise<void> {
    this.#options.instrumentation?.connection?.({
      database: this.#database.name,
      purpose: 'listen',
      state: 'made',
    })
    this.#errors.worked(this.#subject)
    await this.#look()
    if (!this.#listener.isConnected || this.#stopping.signal.aborted) return
    this.#isLive = true
    this.emit('live')
  }

  /** Reads the current ticks and announces what is news. Calls made meanwhile share one more reading. */
  #look(): Promise<void> {
    if (this.#looking) this.#mustLookAgain = true
    this.#looking ??= this.#lookUntilDone().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #lookUntilDone(): Promise<void> {
    for (let attempt = 0; !this.#stopping.signal.aborted; attempt++) {
      try {
        do {
          this.#mustLookAgain = false
          await this.#lookOnce(null)
        } while (this.#mustLookAgain)
        return
      } catch (error) {
        this.#database.logger.debug({ err: error }, 'cannot read the current ticks')
        await sleep(backoffMs(attempt, { firstMs: 50, maxMs: 1_000 }), this.#stopping.signal)
        // A new connection looks again.
        if (!this.#listener.isConnected) return
      }
    }
  }

  /**
   * Looks for ticks that no notice has told of, and polls once there is one: a stream must not rest on NOTIFY, whose
   * trigger anybody with the right may disable. It costs nothing while nobody subscribes.
   */
  async #lookForMissed(): Promise<void> {
    if (this.#fanout.size === 0 || this.#isDeaf) return
    const missed = await this.#lookOnce(this.#fanout.queues).catch(() => 0)
    if (missed === 0 || this.#stopping.signal.aborted) return
    this.#isDeaf = true
    const { logger, name } = this.#database
    logger.warn(
      `Database ${name}: ticks come without notices, so they are polled for; is a trigger on pgq.tick disabled?`,
    )
    this.#schedulePoll()
  }

  /** @returns How many ticks were news. */
  async #lookOnce(queues: string[] | null): Promise<number> {
    const look = this.#known.beginLook()
    let count = 0
    try {
      const rows = await this.#readTicks(queues)
      for (const { queue_id, queue_name, tick_id } of rows) {
        const hint = { queue: queue_name, tickId: tick_id }
        if (!look.see(hint, queue_id)) continue
        this.#announce(hint)
        count++
      }
      if (queues) return count
      // Subscribers of a dropped queue must look in order to find that out.
      const gone = this.#known.keepOnly(new Set(rows.map((row) => row.queue_name)))
      for (const queue of gone) this.#fanout.announce({ queue, tickId: '0' })
      return count
    } finally {
      look.end()
    }
  }

  /** Reads the ticks on a connection that other statements do not block, and that is soon dropped when dead. */
  #readTicks(queues: string[] | null): Promise<TickRow[]> {
    return this.#database.callAside<TickRow>(readTicks, [queues])
  }

  #schedulePoll(): void {
    if (this.#poll || !this.#mustPoll) return
    this.#poll = setTimeout(async () => {
      if (this.#mustPoll) {
        this.#tellAwaited()
        await this.#lookOnce(this.#fanout.queues).catch((error: unknown) => {
          this.#database.logger.debug({ err: error }, 'cannot poll for ticks')
        })
      }
      this.#poll = undefined
      this.#schedulePoll()
    }, this.#pollMs)
  }

  get #pollMs(): number {
    const { pollMs } = this.#options
    return this.#database.pooling === 'shared' ? Math.min(pollMs, SHARED_POLL_MS) : pollMs
  }

  get #mustPoll(): boolean {
    if (!this.#isStarted || this.#stopping.signal.aborted || this.#fanout.size === 0) return false
    return (
      this.#database.isReady &&
      (this.#isDeaf || !(this.#listener.isConnected && this.#options.hasTickTrigger()))
    )
  }
}
