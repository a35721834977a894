import type { Duplex } from 'node:stream'
import type { ConnectionOptions } from 'node:tls'
import pg from 'pg'
import type { ConnectionTarget } from './connection-target.ts'
import { type SessionSettings, settlingText } from './session-settings.ts'
import { tlsOptions, tlsRemedy } from './tls.ts'

/** Members of the driver's connection (pg 8.23) that its types lack. */
interface Internals {
  connect(port: number | string, host?: string): void
  startup(parameters: Record<string, string>): void
  requestSsl(): void
  attachListeners(stream: Duplex): void
  /** Texts that were sent under a name, and not yet prepared. */
  submittedNamedStatements: Record<string, string>
}

const Connection = pg.Connection as unknown as new (config: object) => pg.Connection & Internals

export interface SettledConnectionOptions {
  target: ConnectionTarget
  /** Settings of the session beside those that each gets; null leaves the session as it is. */
  settings: SessionSettings | null
  /** Whether a pooler between is known to keep the session for this connection. */
  trustsPooler: boolean
  applicationName: string
}

/** Reports a pooler between that nobody has vouched for; nothing was left in the session. */
export class PoolerError extends Error {
  override readonly name = 'PoolerError'

  constructor(message = 'there is a pooler between') {
    super(message)
  }
}

/**
 * Is one connection of a client, which counts as made when the session has its settings. Nothing of the environment gets
 * into its start, and none of our settings, so that poolers take it.
 *
 * A connection that cannot be made is closed at once; the driver would leave the server waiting for a password.
 */
export class SettledConnection extends Connection {
  readonly #options: SettledConnectionOptions
  #isSettling = false
  #offersChannelBinding = false
  #processId = 0
  #isPooled = false
  readonly #failure: unknown

  constructor(options: SettledConnectionOptions) {
    const { tls } = options.target
    let ssl: ConnectionOptions | false = false
    let failure: unknown
    try {
      ssl = tls ? tlsOptions(tls) : false
    } catch (error) {
      // A pool makes connections where nobody catches what is thrown.
      failure = error
    }
    super({ ssl, sslNegotiation: tls?.negotiation, keepAlive: true })
    this.#options = options
    this.#failure = failure
  }

  override connect(port: number | string, host?: string): void {
    if (this.#failure) process.nextTick(() => this.emit('error', this.#failure))
    else super.connect(port, host)
  }

  /** Ends the connection at once, in whatever state, without telling the server. Harmless when repeated. */
  cut(): void {
    this.stream.destroy()
  }

  override startup(): void {
    const { target, applicationName } = this.#options
    super.startup({
      user: target.user,
      database: target.database,
      application_name: applicationName,
      ...(target.options !== undefined && { options: target.options }),
    })
  }

  /** Takes a server's refusal of TLS for what it is: the driver gives up in any case. */
  override requestSsl(): void {
    const [upgrade] = this.stream.listeners('data') as ((answer: Buffer) => void)[]
    if (upgrade) {
      this.stream.off('data', upgrade)
      this.stream.once('data', (answer: Buffer) => {
        if (answer.toString('latin1') === 'N') this.#goOnUnencrypted()
        else upgrade(answer)
      })
    }
    super.requestSsl()
  }

  #goOnUnencrypted(): void {
    if (this.#options.target.tls?.isOptional) {
      this.attachListeners(this.stream)
      this.emit('sslconnect')
    } else {
      this.emit(
        'error',
        new Error('the server has no TLS; use sslmode=prefer or disable if the network is trusted'),
      )
    }
  }

  override emit(event: string | symbol, ...values: unknown[]): boolean {
    switch (event) {
      case 'authenticationSASL': {
        const { mechanisms } = values[0] as { mechanisms: string[] }
        this.#offersChannelBinding = mechanisms.includes('SCRAM-SHA-256-PLUS')
        return this.#emitIfBound(event, values)
      }
      case 'authenticationCleartextPassword':
      case 'authenticationMD5Password':
      case 'authenticationOk':
        return this.#emitIfBound(event, values)
      case 'backendKeyData':
        this.#processId = (values[0] as { processID: number }).processID
        break
      case 'readyForQuery':
        return this.#isSettling ? this.#finish(values) : this.#settle(values)
      case 'dataRow':
        this.#isPooled = (values[0] as { fields: (string | null)[] }).fields[1] === 't'
        return true
      case 'rowDescription':
      case 'commandComplete':
        return true
      case 'error':
      case 'errorMessage': {
        const heard = super.emit(event, this.#explained(values[0]))
        this.cut()
        return heard
      }
    }
    return super.emit(event, ...values)
  }

  #settle(values: unknown[]): boolean {
    const { settings, trustsPooler } = this.#options
    if (settings === null) return this.#finish(values)
    this.#isSettling = true
    this.query(settlingText(settings, trustsPooler ? null : this.#processId))
    return true
  }

  #finish(values: unknown[]): boolean {
    if (this.#isPooled) return this.emit('error', new PoolerError())
    this.made()
    return super.emit('readyForQuery', ...values)
  }

  /** Leaves what comes from now on, such as each row, to the driver. */
  protected made(): void {
    this.emit = super.emit
  }

  #emitIfBound(event: string, values: unknown[]): boolean {
    if (!this.#options.target.requiresChannelBinding || this.#offersChannelBinding) {
      return super.emit(event, ...values)
    }
    return this.emit(
      'error',
      new Error('the server offers no channel binding, which channel_binding=require asks for'),
    )
  }

  #explained(error: unknown): unknown {
    const { tls } = this.#options.target
    const remedy = tls && tlsRemedy(error, tls)
    if (!remedy) return error
    return new Error(`${(error as Error).message}; ${remedy}`, { cause: error })
  }
}
