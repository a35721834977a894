import { readFile } from 'node:fs/promises'
import type { JetStreamClient } from '@nats-io/jetstream'
import type { ConnectionOptions, NatsConnection } from '@nats-io/transport-node'
import { PgqError } from '../../../errors.ts'
import type { NatsRoute } from '../../../mover-plan.ts'
import { reasonOf } from '../../../reason.ts'
import { connectFailure, type NatsLibrary, publishFailure } from './failure.ts'
import { type EventMessage, sizeOf } from './message.ts'

const CONNECT_MS = 5_000
const ACKNOWLEDGE_MS = 10_000
/** A connection that is silent for two of these is given up. */
const PING_MS = 5_000
/** Time for which a stream that a mover makes drops what comes again (minutes). */
const WINDOW_MINUTES = 10

/** A connection to NATS. It does not connect again, so that what arrives of a publication is its beginning, without gaps. */
export class NatsSession {
  readonly #library: NatsLibrary
  readonly #connection: NatsConnection
  readonly #client: JetStreamClient

  private constructor(library: NatsLibrary, connection: NatsConnection) {
    this.#library = library
    this.#connection = connection
    this.#client = library.jetStream.jetstream(connection, { timeout: ACKNOWLEDGE_MS })
  }

  /** @throws PgqError `UNAVAILABLE`, `UNAUTHENTICATED`, and `BAD_INPUT` for credentials that cannot be read. */
  static async open(name: string, route: NatsRoute): Promise<NatsSession> {
    const library: NatsLibrary = {
      nats: await import('@nats-io/transport-node'),
      jetStream: await import('@nats-io/jetstream'),
    }
    try {
      const connection = await library.nats.connect({
        name,
        ...(await accessTo(route, library)),
        reconnect: false,
        noAsyncTraces: true,
        timeout: CONNECT_MS,
        pingInterval: PING_MS,
      })
      return new NatsSession(library, connection)
    } catch (error) {
      throw connectFailure(error, library)
    }
  }

  /** Resolves when the connection has ended, for whatever reason. */
  async ended(): Promise<void> {
    await this.#connection.closed()
  }

  close(): Promise<void> {
    return this.#connection.close()
  }

  /**
   * Publishes in order, and resolves when JetStream has all of it. No message is under way any more when it fails.
   *
   * @throws PgqError that says why; messages past the one that failed may be there.
   */
  async publish(messages: readonly EventMessage[], maxInFlight: number): Promise<void> {
    for (const message of messages) this.#checkSize(message)
    const acknowledged: Promise<void>[] = []
    try {
      for (const [index, message] of messages.entries()) {
        await acknowledged[index - maxInFlight]
        const one = this.#publishOne(message)
        one.catch(() => {})
        acknowledged.push(one)
      }
      await Promise.all(acknowledged)
    } finally {
      await Promise.allSettled(acknowledged)
    }
  }

  /** Makes a stream for a subject, or finds it made. @throws PgqError `BAD_INPUT` that says why not. */
  async addStream(name: string, subject: string): Promise<void> {
    const { nats, jetStream } = this.#library
    try {
      const manager = await jetStream.jetstreamManager(this.#connection, { timeout: ACKNOWLEDGE_MS })
      await manager.streams.add({
        name,
        subjects: [subject],
        duplicate_window: nats.nanos(WINDOW_MINUTES * 60_000),
      })
    } catch (error) {
      throw new PgqError(
        'BAD_INPUT',
        `Stream ${name} for the subject ${subject} cannot be made: ${reasonOf(error)}; make it by hand`,
      )
    }
  }

  #checkSize(message: EventMessage): void {
    const most = this.#connection.info?.max_payload ?? Number.POSITIVE_INFINITY
    const size = sizeOf(message)
    if (size <= most) return
    throw new PgqError(
      'BAD_INPUT',
      `Event ${message.eventId} takes ${size} bytes with its headers, and the NATS server takes ${most}; raise its max_payload, or move other types alone`,
    )
  }

  async #publishOne(message: EventMessage): Promise<void> {
    const headers = this.#library.nats.headers()
    for (const [name, value] of message.headers) headers.append(name, value)
    try {
      await this.#client.publish(message.subject, message.payload, { headers })
    } catch (error) {
      throw publishFailure(error, this.#library, message)
    }
  }
}

/** Says where to connect, and as whom. The file is read each time, since it may change. */
async function accessTo(
  { address: { servers, isTls, user, password }, credsFile }: NatsRoute,
  { nats }: NatsLibrary,
): Promise<ConnectionOptions> {
  const options: ConnectionOptions = { servers: [...servers] }
  if (isTls) options.tls = {}
  if (credsFile !== null) return { ...options, authenticator: nats.credsAuthenticator(await read(credsFile)) }
  if (user === undefined) return options
  return password === undefined ? { ...options, token: user } : { ...options, user, pass: password }
}

async function read(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new PgqError('BAD_INPUT', `The file of to.credsFile cannot be read (${code}); give its path`)
  }
}
