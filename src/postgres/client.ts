import pg from 'pg'
import type { Places } from '../async/shared-places.ts'
import type { ConnectionTarget } from './connection-target.ts'
import { parsers } from './parsers.ts'
import { passwordFrom } from './password-file.ts'
import { changingStatement, type SessionSettings } from './session-settings.ts'
import { SettledConnection } from './settled-connection.ts'
import { SharedConnection } from './shared-connection.ts'

/**
 * What may be between a client and the server: no pooler; one that keeps a session for each connection; or one that gives
 * the session to others after each transaction, for which there is `SharedConnection`.
 */
export type Pooling = 'none' | 'kept' | 'shared'

/** Everything about a connection that is to be made. */
export interface ClientOptions {
  target: ConnectionTarget
  /** Shown in `pg_stat_activity.application_name`. */
  applicationName: string
  /** Settings beside those that every session gets. Null leaves the session as it is. */
  settings: SessionSettings | null
  /** What is known to be between. Default: nothing, so that a pooler is refused by `PoolerError`. */
  pooling?: Pooling
  /** Where the connection takes a place until it is closed. Default: it counts nowhere. */
  places?: Places | undefined
  /** Longest time to a usable connection (milliseconds). */
  connectTimeoutMs: number
  /** Longest wait for the answer to a statement, then it fails (milliseconds); 0 for no limit. */
  answerTimeoutMs: number
}

/** What a client of the driver takes, complete, with the connection that it will use. It serves one client. */
export interface DriverConfig extends pg.ClientConfig {
  connection: SettledConnection
}

/** Makes the driver's settings for one client. */
export function driverConfig(options: ClientOptions): DriverConfig {
  const { target, connectTimeoutMs, answerTimeoutMs, pooling = 'none' } = options
  const { host, port, user, database, password, tls } = target
  const Connection = pooling === 'shared' ? SharedConnection : SettledConnection
  const connection = new Connection({ ...options, trustsPooler: pooling === 'kept' })
  return {
    ...{ host, port, user, database, connection },
    // The driver looks for a password by itself where it is given none.
    password: async () =>
      password ?? (await passwordFrom(target.passwordFile, { ...target, ...connection.server })),
    ssl: tls !== null,
    sslnegotiation: tls?.negotiation ?? 'postgres',
    enableChannelBinding: target.requiresChannelBinding,
    types: parsers,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: answerTimeoutMs,
  }
}

/** A client whose sessions have our settings, and whose connection can be cut in any state. */
export class Client extends pg.Client {
  readonly #connection: SettledConnection

  constructor(options: ClientOptions) {
    const config = driverConfig(options)
    super(config)
    this.#connection = config.connection
  }

  /** Whether a pooler may give the session to others between transactions. */
  get sharesSession(): boolean {
    return this.#connection instanceof SharedConnection
  }

  /** Changes settings for the statements that follow. */
  async set(changes: SessionSettings): Promise<void> {
    if (this.#connection instanceof SharedConnection) this.#connection.set(changes)
    else await this.query(changingStatement(changes))
  }

  /** Ends the connection at once, in whatever state; `end` waits for a peer that may never answer. */
  cut(): void {
    this.#connection.cut()
  }
}
