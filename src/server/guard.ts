import type { IncomingMessage } from 'node:http'
import type { Logger } from 'pino'
import { Hosts } from './hosts.ts'
import { type OriginOptions, Origins, type Reached } from './origins.ts'

export interface GuardOptions extends OriginOptions {
  allowedHosts: readonly string[]
  /** Whether clients connect with TLS to this server itself. */
  isEncrypted: boolean
  trustProxy: boolean
  logger: Logger
}

/**
 * Keeps pages of other sites from using the API through a visitor's browser. Their requests carry a foreign `Origin`, or,
 * after DNS rebinding, a foreign `Host`.
 */
export class Guard {
  readonly #hosts: Hosts
  readonly #origins: Origins
  readonly #isEncrypted: boolean
  readonly #trustProxy: boolean
  readonly #logger: Logger

  constructor(options: GuardOptions) {
    this.#hosts = new Hosts(options.allowedHosts, options.publicUrl)
    this.#origins = new Origins(options)
    this.#isEncrypted = options.isEncrypted
    this.#trustProxy = options.trustProxy
    this.#logger = options.logger
  }

  /** @returns The reason for refusing the request, or null. */
  refuse(request: IncomingMessage): string | null {
    const reason = this.#judge(request)
    // A browser does not show the reason to whom it has refused a WebSocket or an answer.
    if (reason !== null) this.#logger.debug(reason)
    return reason
  }

  #judge(request: IncomingMessage): string | null {
    const { host = '' } = request.headers
    const reached = this.#reached(request, host)
    // A page that was let in by its name could say anything about a proxy: both have to be known.
    const unknown =
      this.#hosts.refuse(host) ?? (reached.host === host ? null : this.#hosts.refuse(reached.host))
    return unknown ?? this.#origins.refuse(request, reached)
  }

  #reached(request: IncomingMessage, host: string): Reached {
    const scheme = this.#isEncrypted ? 'https' : null
    if (!this.#trustProxy) return { host, scheme }
    return {
      host: lastOf(request, 'x-forwarded-host') ?? host,
      scheme: lastOf(request, 'x-forwarded-proto') ?? scheme,
    }
  }
}

/** Reads what the nearest proxy has added to a header. */
function lastOf({ headers }: IncomingMessage, name: string): string | undefined {
  return headers[name] === undefined ? undefined : String(headers[name]).split(',').at(-1)?.trim()
}
