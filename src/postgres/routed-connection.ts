import { EventEmitter } from 'node:events'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import type { ConnectionOptions } from 'node:tls'
import pg from 'pg'
import type { Places } from '../async/shared-places.ts'
import { reasonOf } from '../reason.ts'
import { type ConnectionTarget, describeServer, type Server, serversOf } from './connection-target.ts'
import { tlsOptions } from './tls.ts'

/** Members of the driver's connection (pg 8.23) that its types lack. */
interface Internals {
  connect(port: number | string, host?: string): void
  startup(parameters: Record<string, string>): void
  requestSsl(): void
  attachListeners(stream: Duplex): void
  end(): void
  stream: Duplex
  /** Texts that were sent under a name, and not yet prepared. */
  submittedNamedStatements: Record<string, string>
  /** Whether the driver has given up this connection. */
  _ending: boolean
}

const Connection = pg.Connection as unknown as new (config: object) => pg.Connection & Internals

export interface RoutedConnectionOptions {
  target: ConnectionTarget
  /** Where the connection takes a place until it is closed. */
  places?: Places | undefined
  /** Longest time for all servers together (milliseconds). */
  connectTimeoutMs: number
}

/** Reports a pooler between that nobody has vouched for, or that cannot be used; nothing was left in the session. */
export class PoolerError extends Error {
  override readonly name = 'PoolerError'

  constructor(message = 'there is a pooler between', options?: ErrorOptions) {
    super(message, options)
  }
}

/** Longest time for a server to close a connection that ends (milliseconds). */
const CLOSE_MS = 2_000

/** The server that served last, with which the next connection begins. */
const lastServers = new WeakMap<ConnectionTarget, Server>()

/**
 * Is one connection of a client, made to the first server of its target that can be used. What happens with those before
 * is kept from the driver, to which the connection begins again.
 */
export class RoutedConnection extends Connection {
  readonly #target: ConnectionTarget
  readonly #places: Places | undefined
  readonly #shareMs: number
  readonly #untried: Server[]
  #server: Server
  /** What was wrong with each server. */
  readonly #failures: string[] = []
  /** Whether the next server follows as soon as the connection to this one is closed. */
  #isMoving = false
  #isCut = false
  #timer: NodeJS.Timeout | undefined
  readonly #failure: unknown

  constructor({ target, places, connectTimeoutMs }: RoutedConnectionOptions) {
    let ssl: ConnectionOptions | false = false
    let failure: unknown
    try {
      ssl = target.tls ? tlsOptions(target.tls) : false
    } catch (error) {
      // A pool makes connections where nobody catches what is thrown.
      failure = error
    }
    super({ ssl, sslNegotiation: target.tls?.negotiation, keepAlive: true })
    this.#target = target
    this.#places = places
    this.#failure = failure
    const servers = serversOf(target)
    const first = Math.max(servers.indexOf(lastServers.get(target) ?? target), 0)
    this.#untried = [...servers.slice(first), ...servers.slice(0, first)]
    this.#server = target
    this.#shareMs = connectTimeoutMs / servers.length
  }

  /** The server that is connected, or tried. */
  get server(): Server {
    return this.#server
  }

  override connect(): void {
    if (this.#failure) {
      this.#untried.length = 0
      process.nextTick(() => this.emit('error', this.#failure))
    } else if (!this.#places) {
      this.#tryNext()
    } else if (this.#places.take()) {
      this.#begin(this.#places)
    } else {
      void this.#waitFor(this.#places)
    }
  }

  /** Ends the connection in order; a server that does not answer must not keep its place. */
  override end(): void {
    super.end()
    const timer = setTimeout(() => this.cut(), CLOSE_MS)
    this.once('end', () => clearTimeout(timer))
  }

  /** Ends the connection at once, in whatever state, without telling the server. Harmless when repeated. */
  cut(): void {
    this.#isCut = true
    clearTimeout(this.#timer)
    this.stream.destroy()
  }

  override emit(event: string | symbol, ...values: unknown[]): boolean {
    switch (event) {
      case 'error':
      case 'errorMessage':
        if (this.#isMoving) return true
        return this.#fail(event, values[0])
      case 'end':
        clearTimeout(this.#timer)
        if (!this.#isMoving || this.#isOver) break
        this.#isMoving = false
        this.stream = new net.Socket()
        this.#tryNext()
        return true
    }
    return super.emit(event, ...values)
  }

  /** Leaves what comes from now on, such as each row, to the driver. */
  protected made(): void {
    clearTimeout(this.#timer)
    lastServers.set(this.#target, this.#server)
    this.emit = EventEmitter.prototype.emit
  }

  get #isOver(): boolean {
    return this.#isCut || this._ending
  }

  /** Waits for a place, until the driver or `cut` gives the connection up. */
  async #waitFor(places: Places): Promise<void> {
    const { stream } = this
    const givenUp = new AbortController()
    const giveUp = () => givenUp.abort()
    stream.once('error', giveUp)
    stream.once('close', giveUp)
    const hasPlace = await places.wait(givenUp.signal)
    stream.off('error', giveUp)
    stream.off('close', giveUp)
    if (hasPlace && !stream.destroyed) this.#begin(places)
    else {
      if (hasPlace) places.give()
      super.emit('error', new Error('all connections are in use that connections.maxTotal allows; raise it'))
      super.emit('end')
    }
  }

  #begin(places: Places): void {
    this.once('end', () => places.give())
    this.#tryNext()
  }

  #tryNext(): void {
    this.#server = this.#untried.shift() ?? this.#server
    const { host, port } = this.#server
    if (this.#untried.length > 0) {
      const giveUp = () => this.stream.destroy(new Error('it does not answer'))
      this.#timer = setTimeout(giveUp, this.#shareMs)
    }
    if (host.startsWith('/')) super.connect(`${host}/.s.PGSQL.${port}`)
    else super.connect(port, host)
  }

  #fail(event: string, error: unknown): boolean {
    clearTimeout(this.#timer)
    if (this.#isOver || !isOfServer(error)) {
      const heard = super.emit(event, error)
      this.cut()
      return heard
    }
    this.#failures.push(`${describeServer(this.#server)}: ${reasonOf(error)}`)
    if (this.#untried.length > 0) {
      this.#isMoving = true
      this.stream.destroy()
      return true
    }
    const heard =
      this.#failures.length === 1
        ? super.emit(event, error)
        : super.emit(
            'error',
            new Error(`no server can be used (${this.#failures.join('; ')})`, { cause: error }),
          )
    this.cut()
    return heard
  }
}

/** Says whether another server may do better: this one is away, starts, stops, or is of the wrong kind. */
function isOfServer(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return /^57P0[123]$/.test(error.code ?? '')
  return !(error instanceof PoolerError)
}
