import type { ServerKind } from './connection-target.ts'
import { PoolerError, RoutedConnection, type RoutedConnectionOptions } from './routed-connection.ts'
import { type SessionSettings, serverCheckText, settlingText } from './session-settings.ts'
import { tlsRemedy } from './tls.ts'

export interface SettledConnectionOptions extends RoutedConnectionOptions {
  /** Settings of the session beside those that each gets; null leaves the session as it is. */
  settings: SessionSettings | null
  /** Whether a pooler between is known to keep the session for this connection. */
  trustsPooler: boolean
  applicationName: string
}

/**
 * Is one connection of a client, which counts as made when the session has its settings. Nothing of the environment gets
 * into its start, and none of our settings, so that poolers take it.
 *
 * A connection that cannot be made is closed at once; the driver would leave the server waiting for a password.
 */
export class SettledConnection extends RoutedConnection {
  readonly #options: SettledConnectionOptions
  #isSettling = false
  #offersChannelBinding = false
  #processId = 0
  #isPooled = false
  #isOfWrongKind = false

  constructor(options: SettledConnectionOptions) {
    super(options)
    this.#options = options
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
      case 'connect':
        this.#isSettling = false
        this.#offersChannelBinding = false
        break
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
      case 'dataRow': {
        const { fields } = values[0] as { fields: (string | null)[] }
        this.#isPooled = fields[1] === 't'
        this.#isOfWrongKind = fields[2] === 'f'
        return true
      }
      case 'rowDescription':
      case 'commandComplete':
        return true
      case 'error':
      case 'errorMessage':
        return super.emit(event, this.#explained(values[0]))
    }
    return super.emit(event, ...values)
  }

  #settle(values: unknown[]): boolean {
    const { settings, trustsPooler, target } = this.#options
    if (settings === null && target.serverKind === 'any') return this.#finish(values)
    this.#isSettling = true
    const text =
      settings === null
        ? serverCheckText(target.serverKind)
        : settlingText(settings, trustsPooler ? null : this.#processId, target.serverKind)
    super.query(text)
    return true
  }

  #finish(values: unknown[]): boolean {
    if (this.#isOfWrongKind) {
      const { serverKind } = this.#options.target
      return this.emit('error', new Error(`the server ${wrongKinds[serverKind]}`))
    }
    if (this.#isPooled) return this.emit('error', new PoolerError())
    this.made()
    return super.emit('readyForQuery', ...values)
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

/** What is wrong with a server that is not of the kind. */
const wrongKinds: Record<ServerKind, string> = {
  any: 'cannot be used',
  primary: 'is a standby',
  'read-write': 'takes no writes',
}
