import pg from 'pg'
import type { Logger } from 'pino'
import { sleep } from '../async/backoff.ts'
import { FairSlots, type Turn } from '../async/fair-slots.ts'
import type { Places } from '../async/shared-places.ts'
import type { Lender } from './call.ts'
import { Client, type ClientOptions } from './client.ts'
import type { Member, Scarcity } from './scarcity.ts'
import { tooManyConnections } from './sqlstate.ts'

export interface PoolLimits {
  /** Maximum number of connections. */
  max: number
  /** Longest wait for a connection, made or free (milliseconds). */
  waitTimeoutMs: number
  /** Time after which an idle connection ends (milliseconds). */
  idleTimeoutMs: number
}

/** Time after which a pool tries to have one connection more than the server last granted (milliseconds). */
const GROW_MS = 1_000
/** Time for which a connection serves its own pool, since to make one costs more than a statement (milliseconds). */
const KEEP_MS = 50
/** Pause of a pool without any connection before it asks the server again (milliseconds). */
const RETRY_MS = 100

/**
 * Lends equal connections in fair turns; each ends when it has been idle for a while. Where the server refuses to grant as
 * many as the pool may have, statements wait for their turn on those that it has.
 */
export class Pool implements Member {
  readonly #limits: PoolLimits
  readonly #scarcity: Scarcity
  readonly #places: Places | undefined
  readonly #pool: pg.Pool
  readonly #slots: FairSlots
  #growth: NodeJS.Timeout | undefined
  /** Number of times that all connections were given up. */
  #generation = 0
  /** When each connection was made. */
  readonly #births = new WeakMap<pg.PoolClient, { generation: number; atMs: number }>()

  constructor(options: ClientOptions, limits: PoolLimits, scarcity: Scarcity, logger: Logger) {
    this.#limits = limits
    this.#scarcity = scarcity
    this.#places = options.places
    this.#slots = new FairSlots(limits.max)
    this.#pool = createPool(options, limits, logger)
    this.#pool.on('connect', (client) =>
      this.#births.set(client, { generation: this.#generation, atMs: performance.now() }),
    )
    scarcity.join(this)
  }

  get size(): number {
    return this.#pool.totalCount
  }

  get idleCount(): number {
    return this.#pool.idleCount
  }

  /** Number of statements that wait for a connection. */
  get waitingCount(): number {
    return this.#slots.waiting
  }

  /** Lends connections for one purpose. */
  for(turn: Turn): Lender {
    return { connect: () => this.connect(turn) }
  }

  /** Lends a connection until its `release`. @throws as connecting does, or `DeadlineError` when all stay in use. */
  connect(turn?: Turn): Promise<pg.PoolClient> {
    const endsAtMs = performance.now() + this.#limits.waitTimeoutMs
    return this.#slots.take(turn) ? this.#checkOut(turn, endsAtMs) : this.#connectLater(turn, endsAtMs)
  }

  async #connectLater(turn: Turn | undefined, endsAtMs: number): Promise<pg.PoolClient> {
    await this.#slots.wait(turn, endsAtMs - performance.now())
    return this.#checkOut(turn, endsAtMs)
  }

  async #checkOut(turn: Turn | undefined, endsAtMs: number): Promise<pg.PoolClient> {
    if (this.#isFull()) {
      this.#shareOwn()
      this.#slots.give(turn)
      return this.#connectLater(turn, endsAtMs)
    }
    try {
      return this.#lend(await this.#pool.connect(), turn)
    } catch (error) {
      const isRefused = isTooManyConnections(error)
      if (isRefused) await this.#makeDo(error)
      this.#slots.give(turn)
      if (!isRefused || performance.now() >= endsAtMs) throw error
      return this.#connectLater(turn, endsAtMs)
    }
  }

  #lend(client: pg.PoolClient, turn: Turn | undefined): pg.PoolClient {
    const release = client.release
    client.release = (broken) => {
      release(broken || this.#mustEnd(client))
      this.#slots.give(turn)
    }
    return client
  }

  #mustEnd(client: pg.PoolClient): boolean {
    const birth = this.#births.get(client)
    if (birth?.generation !== this.#generation) return true
    return performance.now() - birth.atMs >= KEEP_MS && this.#scarcity.takesFrom(this)
  }

  /** Says whether a connection would have to be made, has no place, and others of this pool will come back. */
  #isFull(): boolean {
    return this.size > 0 && this.size < this.#slots.taken && this.#places?.isFree === false
  }

  /** Goes on with as many connections as the server has granted. */
  async #makeDo(error: unknown): Promise<void> {
    this.#scarcity.refused(this, error)
    this.#shareOwn()
    if (this.size === 0) await sleep(RETRY_MS)
  }

  /** Has statements wait for the connections that there are. */
  #shareOwn(): void {
    this.#slots.limit = Math.max(1, this.size)
    this.#growth ??= setInterval(() => this.#grow(), GROW_MS)
  }

  #grow(): void {
    this.#slots.limit = Math.min(this.#limits.max, this.#slots.limit + 1)
    if (this.#slots.limit < this.#limits.max) return
    clearInterval(this.#growth)
    this.#growth = undefined
  }

  closeIdle(): boolean {
    return this.size > this.#slots.taken && this.#closeNext()
  }

  /** Gives up all connections: idle ones at once, others when they are given back. */
  renew(): void {
    this.#generation++
    for (let count = this.#pool.idleCount; count > 0; count--) this.#closeNext()
  }

  /** @returns False where all are in use. */
  #closeNext(): boolean {
    if (!this.#slots.take()) return false
    void this.#pool
      .connect()
      .then(
        (client) => client.release(true),
        () => {},
      )
      .finally(() => this.#slots.give())
    return true
  }

  /** Closes every connection, once each has been given back. */
  async end(): Promise<void> {
    clearInterval(this.#growth)
    this.#scarcity.leave(this)
    await this.#pool.end()
  }
}

/** Says whether a connection was refused since there are as many as the server, database or role allows. */
export function isTooManyConnections(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === tooManyConnections
}

function createPool(options: ClientOptions, limits: PoolLimits, logger: Logger): pg.Pool {
  const pool = new pg.Pool({
    Client: class extends Client {
      constructor() {
        super(options)
      }
    },
    max: limits.max,
    connectionTimeoutMillis: limits.waitTimeoutMs,
    idleTimeoutMillis: limits.idleTimeoutMs,
  })
  pool.on('error', (error) => logger.debug({ err: error }, 'an idle connection was lost'))
  // A server that ends a session may say so in the packet that answers the connect, before anybody else listens.
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}
