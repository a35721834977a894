import { EventEmitter } from 'node:events'
import { backoffMs, sleep } from '../../async/backoff.ts'
import type { ClientOptions } from '../../postgres/client.ts'
import { toError } from '../../reason.ts'
import { ListenConnection } from './listen-connection.ts'

export interface ListenerOptions {
  /** Id in the name of the channel on which the connection notifies itself (int4). */
  gatewayId: number
  /**
   * Describes each connection, whose `applicationName` must be unique to this listener. Null where no connection keeps its
   * session: then it is asked again at the longest interval.
   */
  client: () => ClientOptions | null
  /** Longest time to connect and register (milliseconds, default 10,000). */
  connectDeadlineMs?: number
  /** Time between checks that the connection still works (milliseconds, default 5,000). */
  heartbeatMs?: number
  /** Longest wait for an answer before the connection counts as dead (milliseconds, default 3,000). */
  answerDeadlineMs?: number
  /** Delay before the second attempt, doubled with each further one (milliseconds, default 100). */
  firstBackoffMs?: number
  /** Longest delay between attempts (milliseconds, default 5,000). */
  maxBackoffMs?: number
  /** Longest wait for an orderly close (milliseconds, default 1,000). */
  closeDeadlineMs?: number
}

interface ListenerEvents {
  /** The connection has proved that it is well; emitted at each heartbeat. */
  checked: []
  /** The connection is registered, the first time or again; notices sent before are lost, so read the state now. */
  connected: []
  /** A notice came; its payload is unparsed. */
  notice: [channel: string, payload: string | undefined]
  /** The registration was lost. It is emitted once for each `connected`. */
  disconnected: [reason: Error]
  /** An attempt to connect failed; the next one follows after `delayMs`. */
  failed: [reason: Error, delayMs: number]
  /** No connection keeps its session. It is emitted each time that this is found. */
  unable: []
}

/**
 * Listens to both channels on one connection until `close`: a connection that is lost, silent or no longer registered
 * is replaced, with a growing delay between attempts.
 *
 * With the defaults a half-open connection is noticed within 8 seconds: the time between checks plus the answer
 * deadline.
 */
export class Listener extends EventEmitter<ListenerEvents> {
  readonly #options: Required<ListenerOptions>
  readonly #closing = new AbortController()
  #connection: ListenConnection | undefined
  #isConnected = false
  #running: Promise<void> | undefined

  constructor(options: ListenerOptions) {
    super()
    this.#options = { ...listenerDefaults, ...options }
  }

  get isConnected(): boolean {
    return this.#isConnected
  }

  /** Begins to connect and returns at once. */
  start(): void {
    this.#running ??= this.#run()
  }

  /** Sends a notice on the listening connection. @throws when there is none, or it fails. */
  async notify(channel: string, payload: string): Promise<void> {
    if (!this.#connection || !this.#isConnected) throw new Error('not connected')
    await this.#connection.notify(channel, payload)
  }

  /** Replaces the connection, such as one to a server that others have left. */
  renew(): void {
    if (this.#isConnected) this.#connection?.cut()
  }

  /** Ends the connection, or the attempt to make one; resolves when nothing is left. */
  async close(): Promise<void> {
    this.#closing.abort()
    if (this.#isConnected) await this.#connection?.close()
    else this.#connection?.cut()
    await this.#running
  }

  async #run(): Promise<void> {
    let attempt = 0
    while (!this.#closing.signal.aborted) {
      const client = this.#options.client()
      if (!client) {
        this.emit('unable')
        await sleep(this.#options.maxBackoffMs, this.#closing.signal)
        continue
      }
      const connectedAt = performance.now()
      const reason = await this.#useOneConnection(client)
      if (this.#closing.signal.aborted) return
      // A server that accepts connections and ends them at once must not be asked more often.
      if (performance.now() - connectedAt > this.#options.maxBackoffMs) attempt = 0
      const delayMs = backoffMs(attempt++, {
        firstMs: this.#options.firstBackoffMs,
        maxMs: this.#options.maxBackoffMs,
      })
      this.emit('failed', reason, delayMs)
      await sleep(delayMs, this.#closing.signal)
    }
  }

  /** @returns The reason for its end. */
  async #useOneConnection(client: ClientOptions): Promise<Error> {
    const connection = new ListenConnection(client, {
      ...this.#options,
      onNotice: (channel, payload) => this.emit('notice', channel, payload),
      onChecked: () => this.emit('checked'),
    })
    this.#connection = connection
    try {
      await connection.open()
      this.#isConnected = true
      this.emit('connected')
      return await connection.lost
    } catch (error) {
      return toError(error)
    } finally {
      connection.cut()
      this.#connection = undefined
      if (this.#isConnected) {
        this.#isConnected = false
        this.emit('disconnected', await connection.lost)
      }
    }
  }
}

const listenerDefaults = {
  connectDeadlineMs: 10_000,
  heartbeatMs: 5_000,
  answerDeadlineMs: 3_000,
  firstBackoffMs: 100,
  maxBackoffMs: 5_000,
  closeDeadlineMs: 1_000,
}
