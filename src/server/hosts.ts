import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { LRUCache } from 'lru-cache'

/** Names that are remembered with what was decided about them. */
const REMEMBERED = 200

/**
 * The names under which clients may reach a server. A page can make any name of its own mean this server's address (DNS
 * rebinding) and would then count as one of this server's, so that a name has to be known. An address belongs to nobody.
 */
export class Hosts {
  readonly #allowed: ReadonlySet<string>
  /** Ends of names, such as `.example.com`. */
  readonly #endings: readonly string[]
  readonly #refusals = new LRUCache<string, string>({ max: REMEMBERED })

  constructor(allowedHosts: readonly string[], publicUrl: string | null) {
    const patterns = allowedHosts.map((pattern) => pattern.toLowerCase())
    this.#endings = patterns.filter((pattern) => pattern.startsWith('*.')).map((pattern) => pattern.slice(1))
    const own = ['localhost', hostname().toLowerCase()]
    if (publicUrl !== null) own.push(new URL(publicUrl).hostname)
    this.#allowed = new Set([...own, ...patterns])
  }

  /** @returns The reason for refusing a request to this host, or null. */
  refuse(host: string): string | null {
    let refusal = this.#refusals.get(host)
    if (refusal === undefined) {
      refusal = this.#judge(host)
      this.#refusals.set(host, refusal)
    }
    return refusal === '' ? null : refusal
  }

  #judge(host: string): string {
    const url = urlOf(host)
    if (!url) return `Host ${JSON.stringify(host)} is not a name or address with a port`
    return this.#isKnown(url)
      ? ''
      : `Host ${JSON.stringify(host)} is not known to be this server; use localhost or its address, or add the name to allowedHosts, or set publicUrl`
  }

  #isKnown({ hostname, host }: URL): boolean {
    if (isIP(hostname) !== 0 || hostname.startsWith('[')) return true
    if (this.#allowed.has(hostname) || this.#allowed.has(host)) return true
    return this.#endings.some((ending) => hostname.endsWith(ending) || host.endsWith(ending))
  }
}

function urlOf(host: string): URL | null {
  const url = URL.canParse(`http://${host}`) ? new URL(`http://${host}`) : null
  return url !== null && url.username === '' && url.href === `${url.origin}/` ? url : null
}
