import type { IncomingMessage } from 'node:http'

export interface OriginOptions {
  /** Origins whose pages may call; `*` for all. */
  origins: readonly string[]
  publicUrl: string | null
}

/** What a client used to reach this server, as far as that is known. */
export interface Reached {
  host: string
  /** Null where a proxy may have taken TLS off. */
  scheme: string | null
}

/** Sorts the pages that browsers send requests for: those of this server, those that may call it, and all others. */
export class Origins {
  readonly #listed: ReadonlySet<string>
  readonly #public: URL | null

  constructor({ origins, publicUrl }: OriginOptions) {
    this.#listed = new Set(origins)
    this.#public = publicUrl === null ? null : new URL(publicUrl)
  }

  /** @returns The reason for refusing a request that a page sent, or null. */
  refuse({ method, headers }: IncomingMessage, reached: Reached): string | null {
    const { origin } = headers
    if (origin !== undefined) {
      const isAllowed = this.#isListed(origin) || this.#isOwn(origin, reached)
      return isAllowed
        ? null
        : `Pages of ${origin} may not call this server; if they should, add it to cors.origins`
    }
    const { 'sec-fetch-site': site = 'none', 'sec-fetch-mode': mode, 'sec-fetch-dest': dest } = headers
    if (site === 'none' || site === 'same-origin') return null
    // A link to GraphiQL shows the page, which runs nothing by itself.
    const isLink = method === 'GET' && mode === 'navigate' && dest === 'document'
    return isLink ? null : 'Requests of other sites are refused'
  }

  #isListed(origin: string): boolean {
    // Pages of files, and in sandboxes, have the origin "null", which so belongs to nobody.
    return this.#listed.has(origin) || (this.#listed.has('*') && origin !== 'null')
  }

  #isOwn(origin: string, { host, scheme }: Reached): boolean {
    if (origin === this.#public?.origin) return true
    if (host === this.#public?.host) return false
    const schemes = scheme === null ? ['http', 'https'] : [scheme]
    return schemes.some((own) => originOf(`${own}://${host}`) === origin)
  }
}

function originOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).origin : null
}
