import type pg from 'pg'
import type { Subscriber } from 'pg-listen'
import { aliveLockClass } from '../../postgres/advisory-locks.ts'
import { Session, type SessionLimits } from '../../postgres/session.ts'
import { gatewayChannel, tickChannel } from './channels.ts'
import { createSubscriber } from './subscriber.ts'

const channels = [tickChannel, gatewayChannel]

export interface ListenConnectionOptions extends SessionLimits {
  /** Object id of the lock, int4. */
  gatewayId: number
  heartbeatMs: number
  onNotice: (channel: string, payload: string | undefined) => void
}

/** One connection that listens, from its first byte to its last. */
export class ListenConnection {
  readonly #options: ListenConnectionOptions
  readonly #session: Session
  readonly #subscriber: Subscriber<Record<string, string>>
  #heartbeat: NodeJS.Timeout | undefined

  constructor(config: pg.ClientConfig, options: ListenConnectionOptions) {
    this.#options = options
    const { session, subscriber } = openSession(config, options)
    this.#session = session
    this.#subscriber = subscriber
    subscriber.events.on('error', (error) => {
      // pg-listen has taken all listeners from the client by now.
      session.client.on('error', () => {})
      session.lose(error)
    })
    subscriber.events.on('notification', ({ channel, payload }) => {
      if (!session.isOver) options.onNotice(channel, payload)
    })
  }

  /** Fulfilled with the reason when the connection is of no use any more, `close` included. */
  get lost(): Promise<Error> {
    return this.#session.lost
  }

  /** Connects, takes the lock, listens. @throws when any of that fails or is not done in time. */
  async open(): Promise<void> {
    await this.#session.open(async () => {
      await this.#subscriber.connect()
      await this.#session.query(endFormerSelves)
      await this.#session.query('select pg_advisory_lock_shared($1, $2)', [
        aliveLockClass,
        this.#options.gatewayId,
      ])
      for (const channel of channels) await this.#subscriber.listenTo(channel)
    })
    this.#scheduleHeartbeat()
  }

  /** Sends a notice over this connection. @throws when that fails or takes longer than an answer may. */
  async notify(channel: string, payload: string): Promise<void> {
    await this.#session.inTurn(() => this.#subscriber.notify(channel, payload))
  }

  /** Runs a quick statement in this session. @throws when it fails or takes longer than an answer may. */
  async query<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[]): Promise<Row[]> {
    return (await this.#session.query<Row>(text, values)).rows
  }

  /** Says goodbye to the server, and cuts the connection where that takes too long. Never throws. */
  async close(): Promise<void> {
    clearTimeout(this.#heartbeat)
    await this.#session.close(() => this.#subscriber.close())
    this.cut()
  }

  /** Ends the connection at once. */
  cut(): void {
    clearTimeout(this.#heartbeat)
    // Makes pg-listen leave the loss alone; its promise waits for an end that `cut` brings about.
    this.#subscriber.close().catch(() => {})
    this.#session.cut()
  }

  #scheduleHeartbeat(): void {
    if (this.#session.isOver) return
    this.#heartbeat = setTimeout(() => {
      this.#beat().then(
        () => this.#scheduleHeartbeat(),
        (error: Error) => this.#session.lose(error),
      )
    }, this.#options.heartbeatMs)
  }

  /** Asks for the registrations: proves at once that the server answers and that it still has us on its list. */
  async #beat(): Promise<void> {
    const [row] = await this.query<{ channels: string[] }>(
      'select array(select pg_listening_channels()) as channels',
      [],
    )
    const missing = channels.filter((channel) => !row?.channels.includes(channel))
    if (missing.length > 0) throw new Error(`the server forgot the registration for ${missing.join(', ')}`)
  }
}

function openSession(config: pg.ClientConfig, limits: SessionLimits) {
  const subscribers: Subscriber<Record<string, string>>[] = []
  const session = new Session(config, limits, (given) => {
    const { subscriber, client } = createSubscriber(given)
    subscribers.push(subscriber)
    return client
  })
  const [subscriber] = subscribers
  if (!subscriber) throw new Error('a session makes its client when it is made')
  return { session, subscriber }
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
