import pgListen, { type Subscriber } from 'pg-listen'
import { DeadlineError, withDeadline } from '../../async/deadline.ts'
import { Turns } from '../../async/turns.ts'
import { wheel } from '../../async/wheel.ts'
import { type ClientOptions, driverConfig } from '../../postgres/client.ts'
import type { SettledConnection } from '../../postgres/settled-connection.ts'
import { gatewayChannel, tickChannel } from './channels.ts'

export interface ListenConnectionOptions {
  /** Id in the name of the channel on which this connection notifies itself (int4). */
  gatewayId: number
  /** Time between checks that the connection still works (milliseconds). */
  heartbeatMs: number
  /** Longest time to connect and register (milliseconds). */
  connectDeadlineMs: number
  /** Longest wait for an answer before the connection counts as dead (milliseconds). */
  answerDeadlineMs: number
  /** Longest wait for an orderly close (milliseconds). */
  closeDeadlineMs: number
  onNotice: (channel: string, payload: string | undefined) => void
  /** Called when the connection has proved that it is well. */
  onChecked: () => void
}

/**
 * Listens on one connection for as long as that lives. It checks itself by a notice to itself, which must come back
 * in time: then the server answers and still has the registration.
 *
 * pg-listen (version 1.7) connects once here and is discarded with its connection: its reconnect gives up for good
 * after three seconds and leaks a backend when closed meanwhile, its liveness check waits without end, and its JSON
 * parsing turns a stray payload into an error.
 */
export class ListenConnection {
  readonly #options: ListenConnectionOptions
  readonly #subscriber: Subscriber<Record<string, string>>
  readonly #turns = new Turns()
  readonly #ownChannel: string
  readonly #connection: SettledConnection
  #lose: (reason: Error) => void = () => {}
  #isOver = false
  #cancelCheck = () => {}
  #onEcho = () => {}
  /** Resolves with the reason when the connection can no longer be used; `close` counts as one. */
  readonly lost: Promise<Error>

  constructor(client: ClientOptions, options: ListenConnectionOptions) {
    this.#options = options
    this.#ownChannel = `${gatewayChannel}_${options.gatewayId}`
    this.lost = new Promise((resolve) => {
      this.#lose = (reason) => {
        this.#isOver = true
        resolve(reason)
      }
    })
    const config = driverConfig(client)
    this.#connection = config.connection
    this.#subscriber = pgListen.default<Record<string, string>>(config, {
      paranoidChecking: false,
      // This counts the first attempt: no other follows.
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

  /** Connects and listens. @throws when that fails or exceeds its deadline. */
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
    this.#scheduleCheck()
  }

  /** Sends a notice over this connection. @throws when that fails or exceeds the answer deadline; then it is lost. */
  async notify(channel: string, payload: string): Promise<void> {
    const send = () => this.#subscriber.notify(channel, payload) as Promise<unknown>
    try {
      await this.#turns.run(send, this.#options.answerDeadlineMs)
    } catch (error) {
      if (error instanceof DeadlineError) this.#lose(error)
      throw error
    }
  }

  /** Closes the connection, and cuts it where that takes too long. Never throws. */
  async close(): Promise<void> {
    this.#isOver = true
    this.#cancelCheck()
    const ended = this.#turns.idle().then(() => this.#subscriber.close())
    await withDeadline(ended, this.#options.closeDeadlineMs, 'end of the connection').catch(() => {})
    this.cut()
  }

  /** Ends the connection at once. Harmless when repeated. */
  cut(): void {
    this.#lose(new Error('the connection was closed'))
    this.#cancelCheck()
    // This keeps pg-listen from reconnecting; its promise resolves through the cut below.
    this.#subscriber.close().catch(() => {})
    this.#connection.cut()
  }

  #scheduleCheck(): void {
    if (this.#isOver) return
    this.#cancelCheck = wheel.after(this.#options.heartbeatMs, () => {
      this.#check().then(
        () => this.#scheduleCheck(),
        (error: Error) => this.#lose(error),
      )
    })
  }

  async #check(): Promise<void> {
    const echo = new Promise<void>((resolve) => {
      this.#onEcho = resolve
    })
    await this.notify(this.#ownChannel, '')
    await withDeadline(echo, this.#options.answerDeadlineMs, 'notice to itself')
    this.#options.onChecked()
  }
}
