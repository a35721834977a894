import { EventEmitter } from 'node:events'
import type pg from 'pg'
import { backoffMs, sleep } from '../../async/backoff.ts'
import { ListenConnection } from './listen-connection.ts'

export interface ListenerOptions {
  /** Names the channel on which the connection hears itself, int4. */
  gatewayId: number
  /** Asked for anew before each attempt. Its `application_name` must be this listener's alone. */
  connectionConfig: () => pg.ClientConfig
  /** Longest way to a registration. Milliseconds, default 10,000. */
  connectDeadlineMs?: number
  /** Between proofs of life. Milliseconds, default 5,000. */
  heartbeatMs?: number
  /** An answer that takes longer is a sign of death. Milliseconds, default 3,000. */
  answerDeadlineMs?: number
  /** Before the second attempt; doubles with each. Milliseconds, default 100. */
  firstBackoffMs?: number
  /** Between attempts, at most. Milliseconds, default 5,000. */
  maxBackoffMs?: number
  /** Longest wait for a polite goodbye in `close`. Milliseconds, default 1,000. */
  closeDeadlineMs?: number
}

interface ListenerEvents {
  /** The registration stands, the first time or again; notices sent before are lost, so read the state now. */
  connected: []
  /** What came, unread. */
  notice: [channel: string, payload: string | undefined]
  /** The registration is gone; emitted once for each `connected`. */
  disconnected: [reason: Error]
  /** An attempt to connect failed; the next one follows after `delayMs`. */
  failed: [reason: Error, delayMs: number]
}

/**
 * Listens to both channels on one connection, for ever: a connection that is lost, silent, or no longer registered
 * is replaced, with a growing delay between attempts, until `close`.
 *
 * With the defaults a half-open connection is noticed after 8 seconds at most: heartbeat plus answer.
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
      const connectedAt = performance.now()
      const reason = await this.#useOneConnection()
      if (this.#closing.signal.aborted) return
      // A server that lets us in and throws us out again is no reason to knock faster.
      if (performance.now() - connectedAt > this.#options.maxBackoffMs) attempt = 0
      const delayMs = backoffMs(attempt++, {
        firstMs: this.#options.firstBackoffMs,
        maxMs: this.#options.maxBackoffMs,
      })
      this.emit('failed', reason, delayMs)
      await sleep(delayMs, this.#closing.signal)
    }
  }

  /** @returns Why it is over. */
  async #useOneConnection(): Promise<Error> {
    const connection = new ListenConnection(this.#options.connectionConfig(), {
      ...this.#options,
      onNotice: (channel, payload) => this.emit('notice', channel, payload),
    })
    this.#connection = connection
    try {
      await connection.open()
      this.#isConnected = true
      this.emit('connected')
      return await connection.lost
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
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
