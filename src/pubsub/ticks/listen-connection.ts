import type pg from 'pg'
import pgListen, { type Subscriber } from 'pg-listen'
import { withDeadline } from '../../async/deadline.ts'
import { Turns } from '../../async/turns.ts'
import { withOwnSocket } from '../../postgres/own-socket.ts'
import { gatewayChannel, tickChannel } from './channels.ts'

export interface ListenConnectionOptions {
  /** Names the channel on which this connection hears itself, int4. */
  gatewayId: number
  /** Between proofs of life. Milliseconds. */
  heartbeatMs: number
  /** Longest way to a registration. Milliseconds. */
  connectDeadlineMs: number
  /** An answer that takes longer is a sign of death. Milliseconds. */
  answerDeadlineMs: number
  /** Longest wait for a polite goodbye. Milliseconds. */
  closeDeadlineMs: number
  onNotice: (channel: string, payload: string | undefined) => void
}

/**
 * One connection that listens, from its first byte to its last. It proves that it is well by a notice to itself, which
 * must come back in time: so the server answers, and still has it on its list.
 *
 * pg-listen (version 1.7) connects once here and is thrown away with its connection: its reconnect gives up for ever
 * after three seconds and leaks a backend when closed meanwhile, its liveness check waits without end, and its JSON
 * parsing turns a stray payload into an error.
 */
export class ListenConnection {
  readonly #options: ListenConnectionOptions
  readonly #subscriber: Subscriber<Record<string, string>>
  readonly #turns = new Turns()
  readonly #ownChannel: string
  readonly #cutSocket: () => void
  #lose: (reason: Error) => void = () => {}
  #isOver = false
  #heartbeat: NodeJS.Timeout | undefined
  #onEcho = () => {}
  /** Fulfilled with the reason when the connection is of no use any more, `close` included. */
  readonly lost: Promise<Error>

  constructor(config: pg.ClientConfig, options: ListenConnectionOptions) {
    this.#options = options
    this.#ownChannel = `${gatewayChannel}_${options.gatewayId}`
    this.lost = new Promise((resolve) => {
      this.#lose = (reason) => {
        this.#isOver = true
        resolve(reason)
      }
    })
    const severable = withOwnSocket(config)
    this.#cutSocket = severable.cut
    this.#subscriber = pgListen.default<Record<string, string>>(severable.config, {
      paranoidChecking: false,
      // Counts the first attempt: no other follows.
      retryLimit: 1,
      parse: (payload) => payload,
      serialize: (payload: string) => payload,
    })
    this.#subscriber.events.on('error', (error) => this.#lose(error))
    this.#subscriber.events.on('notification', ({ channel, payload }) => {
      if (this.#isOver) return
      if (channel === this.#ownChannel) this.#onEcho()
      else options.onNotice(channel, payload)
    })
  }

  /** Connects and listens. @throws when that fails or is not done in time. */
  async open(): Promise<void> {
    const register = async () => {
      await this.#subscriber.connect()
      for (const channel of [tickChannel, gatewayChannel, this.#ownChannel]) {
        await this.#subscriber.listenTo(channel)
      }
    }
    const lost = this.lost.then((reason) => Promise.reject(reason))
    const registered = Promise.race([register(), lost])
    await withDeadline(registered, this.#options.connectDeadlineMs, 'usable connection')
    this.#scheduleHeartbeat()
  }

  /** Sends a notice over this connection. @throws when that fails or takes longer than an answer may. */
  async notify(channel: string, payload: string): Promise<void> {
    await this.#turns.run(
      () => this.#subscriber.notify(channel, payload) as Promise<unknown>,
      this.#options.answerDeadlineMs,
    )
  }

  /** Says goodbye to the server, and cuts the connection where that takes too long. Never throws. */
  async close(): Promise<void> {
    this.#isOver = true
    clearTimeout(this.#heartbeat)
    const ended = this.#turns.idle().then(() => this.#subscriber.close())
    await withDeadline(ended, this.#options.closeDeadlineMs, 'end of the connection').catch(() => {})
    this.cut()
  }

  /** Ends the connection at once. Harmless when repeated. */
  cut(): void {
    this.#lose(new Error('the connection was closed'))
    clearTimeout(this.#heartbeat)
    // Makes pg-listen leave the loss alone; its promise waits for an end that the cut brings about.
    this.#subscriber.close().catch(() => {})
    this.#cutSocket()
  }

  #scheduleHeartbeat(): void {
    if (this.#isOver) return
    this.#heartbeat = setTimeout(() => {
      this.#beat().then(
        () => this.#scheduleHeartbeat(),
        (error: Error) => this.#lose(error),
      )
    }, this.#options.heartbeatMs)
  }

  async #beat(): Promise<void> {
    const echo = new Promise<void>((resolve) => {
      this.#onEcho = resolve
    })
    await this.notify(this.#ownChannel, '')
    await withDeadline(echo, this.#options.answerDeadlineMs, 'notice to itself')
  }
}
