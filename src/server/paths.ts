/** The paths of a server. */
export class Paths {
  /** Path of the API and of GraphiQL. */
  readonly graphql: string
  /** Path of the metrics. */
  readonly metrics: string
  readonly #base: string
  readonly #live: ReadonlySet<string>
  readonly #ready: ReadonlySet<string>

  /** @param base Path under which all is served; begins and ends with a slash. */
  constructor(base: string) {
    this.#base = base
    this.graphql = `${base}graphql`
    this.metrics = `${base}metrics`
    // Balancers ask past the proxy that adds the base.
    this.#live = new Set(['/health/live', `${base}health/live`])
    this.#ready = new Set(['/health/ready', `${base}health/ready`])
  }

  isHealth(path: string): boolean {
    return this.isLive(path) || this.isReady(path)
  }

  isLive(path: string): boolean {
    return this.#live.has(path)
  }

  isReady(path: string): boolean {
    return this.#ready.has(path)
  }

  /** Says whether a path is the base, as people type it. */
  isBase(path: string): boolean {
    return path === this.#base || this.lacksSlash(path)
  }

  /** Says whether a path is the base without the slash at its end. */
  lacksSlash(path: string): boolean {
    return `${path}/` === this.#base
  }

  /** Returns what follows the base in a path; null where that begins otherwise. */
  fromBase(path: string): string | null {
    return path.startsWith(this.#base) ? path.slice(this.#base.length) : null
  }
}
