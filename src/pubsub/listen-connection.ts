import type pg from 'pg'
import type { Subscriber } from 'pg-listen'
import { DeadlineError, withDeadline } from '../database/deadline.ts'
import { withOwnSocket } from '../database/own-socket.ts'
import { gatewayChannel, tickChannel } from './channels.ts'
import { createSubscriber } from './subscriber.ts'

const channels = [tickChannel, gatewayChannel]

/** Class id of the advisory lock "gateway n lives"; `pgq_gateway.gateway_is_alive` has the same number. */
const aliveLockClass = 0x70677167

export interface ListenConnectionOptions {
  /** Object id of the lock, int4. */
  gatewayId: number
  connectDeadlineMs: number
  heartbeatMs: number
  heartbeatDeadlineMs: number
  closeDeadlineMs: number
  onNotice: (channel: string, payload: string | undefined) => void
}

/**
 * One connection that listens, from its first byte to its last. It never heals: `lost` settles, and its owner makes
 * another.
 */
export class ListenConnection {
  readonly #options: ListenConnectionOptions
  readonly #client: pg.Client
  readonly #subscriber: Subscriber<Record<string, string>>
  readonly #cut: () => void
  #isOver = false
  #heartbeat: NodeJS.Timeout | undefined
  #lastQuery: Promise<unknown> = Promise.resolve()
  #lose: (reason: Error) => void = () => {}
  /** Fulfilled with the reason when the connection is of no use any more, `close` included. */
  readonly lost: Promise<Error>

  constructor(config: pg.ClientConfig, options: ListenConnectionOptions) {
    this.#options = options
    const severable = withOwnSocket(config)
    const { subscriber, client } = createSubscriber(severable.config)
    this.#cut = severable.cut
    this.#subscriber = subscriber
    this.#client = client
    this.lost = new Promise((resolve) => {
      this.#lose = resolve
    })
    // The client's own events first: pg-listen drops all listeners of a client when that fails.
    client.on('error', (error) => this.#lose(error))
    client.on('end', () => this.#lose(new Error('the connection ended')))
    subscriber.events.on('error', (error) => {
      client.on('error', () => {})
      this.#lose(error)
    })
    subscriber.events.on('notification', ({ channel, payload }) => {
      if (!this.#isOver) options.onNotice(channel, payload)
    })
  }

  /** Connects, takes the lock, listens. @throws when any of that fails or is not done in time. */
  async open(): Promise<void> {
    const lost = this.lost.then((reason) => Promise.reject(reason))
    const opened = Promise.race([this.#open(), lost])
    await withDeadline(opened, this.#options.connectDeadlineMs, 'listening connection')
    this.#scheduleHeartbeat()
  }

  async #open(): Promise<void> {
    await this.#subscriber.connect()
    await this.query(endFormerSelves)
    await this.query('select pg_advisory_lock_shared($1, $2)', [aliveLockClass, this.#options.gatewayId])
    for (const channel of channels) await this.#subscriber.listenTo(channel)
  }

  /** Sends a notice over this connection. @throws when that fails or takes longer than the heartbeat may. */
  async notify(channel: string, payload: string): Promise<void> {
    await this.#inTurn(() => this.#subscriber.notify(channel, payload))
  }

  /** Runs a quick statement in this session. @throws when it fails or takes longer than the heartbeat may. */
  query<Row extends pg.QueryResultRow>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<pg.QueryResult<Row>> {
    return this.#inTurn(() => this.#client.query<Row>(text, [...values]))
  }

  /** Says goodbye to the server and cuts the connection where that takes too long. Never throws. */
  async close(): Promise<void> {
    this.#isOver = true
    clearTimeout(this.#heartbeat)
    const ended = this.#lastQuery.then(() => this.#subscriber.close())
    await withDeadline(ended, this.#options.closeDeadlineMs, 'end of the connection').catch(() => {})
    this.cut()
  }

  /** Ends the connection at once. */
  cut(): void {
    this.#isOver = true
    clearTimeout(this.#heartbeat)
    // Makes pg-listen leave the loss alone; its promise waits for an end that `#cut` brings about.
    this.#subscriber.close().catch(() => {})
    this.#cut()
    this.#lose(new Error('the connection was closed'))
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

  /** Asks for the registrations: proves at once that the server answers and that it still has us on its list. */
  async #beat(): Promise<void> {
    const { rows } = await this.query<{ channels: string[] }>(
      'select array(select pg_listening_channels()) as channels',
    )
    const registered = rows[0]?.channels ?? []
    const missing = channels.filter((channel) => !registered.includes(channel))
    if (missing.length > 0) throw new Error(`the server forgot the registration for ${missing.join(', ')}`)
  }

  /** pg wants a client's next query only after the last one. */
  #inTurn<T>(query: () => Promise<T>): Promise<T> {
    const { heartbeatDeadlineMs } = this.#options
    const answer = this.#lastQuery.then(() => withDeadline(query(), heartbeatDeadlineMs, 'answer'))
    this.#lastQuery = answer.catch((error: Error) => {
      // What is asked next would wait behind this.
      if (error instanceof DeadlineError) this.#lose(error)
    })
    return answer
  }
}

/**
 * A backend of this gateway that has not noticed the loss of its connection yet would listen, and hold the lock, for
 * a while longer. The name of the application holds the gateway's id.
 */
const endFormerSelves = `
  select pg_terminate_backend(a.pid)
    from pg_stat_activity a
   where a.datname = current_database()
     and a.application_name = current_setting('application_name')
     and a.usesysid = (select oid from pg_roles where rolname = session_user)
     and a.pid <> pg_backend_pid()`
