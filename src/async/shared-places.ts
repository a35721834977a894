/** What somebody who holds places can do for others. */
export interface Tenant {
  /** Gives a place back that is not in use. @returns False where all are. */
  closeIdle(): boolean
  /** Promises to give the next place back whose use ends, even where it could use it again. */
  yieldNext(): void
}

/** Time after which those who still wait ask again for room (milliseconds): who was asked may hang. */
const ASK_AGAIN_MS = 50

/**
 * Divides a limited number of places among tenants. Each is guaranteed some, which nobody else gets; of the rest a tenant takes
 * one more only while more are free than it has of them, so that one whose places hang leaves as many to others. Where
 * somebody waits, idle places are given back, and those with more than others give up the next that they are done with.
 */
export class SharedPlaces {
  readonly guaranteed: number
  #limit: number
  readonly #tenancies = new Set<Places>()
  #taken = 0
  #asks = 0
  #timer: NodeJS.Timeout | undefined

  /** @param guaranteed Number of places that each tenant gets in any case, as long as all of them together are no more than the limit. */
  constructor(limit: number, guaranteed: number) {
    this.#limit = limit
    this.guaranteed = guaranteed
  }

  get limit(): number {
    return this.#limit
  }

  /** Changes the number of places. Where more are taken already, none is handed out until enough have come back. */
  set limit(limit: number) {
    this.#limit = limit
    this.serve()
  }

  get taken(): number {
    return this.#taken
  }

  join(tenant: Tenant): Places {
    const places = new Places(this, tenant, (change) => {
      this.#taken += change
    })
    this.#tenancies.add(places)
    return places
  }

  /** Ends a tenancy; places that are still taken count until they are given back. */
  leave(places: Places): void {
    this.#tenancies.delete(places)
    this.serve()
  }

  /** Says whether a tenant may take one more place now. */
  allows(places: Places): boolean {
    if (this.#taken >= this.#limit) return false
    return places.taken < this.guaranteed || places.extra < this.#spare
  }

  /** Hands out what is free to those who wait: first to who has the fewest beyond what is guaranteed, then to who waits longest. */
  serve(): void {
    for (let next = this.#next(); next; next = this.#next()) next.serveOne()
    this.#askForRoom()
  }

  /** Number of places that nobody has, and that nobody is guaranteed. */
  get #spare(): number {
    let kept = 0
    let ofTenants = 0
    for (const { taken } of this.#tenancies) {
      kept += Math.max(taken, this.guaranteed)
      ofTenants += taken
    }
    return this.#limit - kept - (this.#taken - ofTenants)
  }

  #next(): Places | undefined {
    const able = this.#waiting.filter((places) => this.allows(places))
    return able.toSorted((a, b) => a.extra - b.extra || a.waitsSince - b.waitsSince)[0]
  }

  get #waiting(): Places[] {
    return [...this.#tenancies].filter(({ isWaiting }) => isWaiting)
  }

  #askForRoom(): void {
    for (const places of this.#waiting) this.#askFor(places)
    if (this.#waiting.length === 0) {
      clearTimeout(this.#timer)
      this.#timer = undefined
    } else {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined
        this.serve()
      }, ASK_AGAIN_MS)
    }
  }

  #askFor(places: Places): void {
    const others = [...this.#tenancies].filter((other) => other !== places && other.extra > 0)
    const byExtra = others.toSorted((a, b) => b.extra - a.extra)
    if ([places, ...byExtra].some(({ tenant }) => tenant.closeIdle())) return
    const richer = others.filter(({ extra }) => extra > places.extra)
    const asked = richer[this.#asks++ % Math.max(richer.length, 1)] ?? places
    asked.tenant.yieldNext()
  }
}

/** The places of one tenant. */
export class Places {
  readonly tenant: Tenant
  readonly #all: SharedPlaces
  readonly #count: (change: 1 | -1) => void
  readonly #waiting = new Set<{ begin: () => void; sinceMs: number }>()
  #taken = 0

  constructor(all: SharedPlaces, tenant: Tenant, count: (change: 1 | -1) => void) {
    this.#all = all
    this.tenant = tenant
    this.#count = count
  }

  get taken(): number {
    return this.#taken
  }

  /** Number of places beyond what is guaranteed. */
  get extra(): number {
    return Math.max(0, this.#taken - this.#all.guaranteed)
  }

  get isWaiting(): boolean {
    return this.#waiting.size > 0
  }

  /** Time since which the first waits (milliseconds of `performance.now`). */
  get waitsSince(): number {
    const [first] = this.#waiting
    return first?.sinceMs ?? Number.POSITIVE_INFINITY
  }

  /** Whether one is to be had at once. */
  get isFree(): boolean {
    return !this.isWaiting && this.#all.allows(this)
  }

  /** Takes a place if one is to be had at once; `give` must follow. */
  take(): boolean {
    if (!this.isFree) return false
    this.#change(1)
    return true
  }

  /** Waits for a place; `give` must follow. @returns False when the signal came first. */
  wait(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false)
    return new Promise((resolve) => {
      const end = (hasPlace: boolean) => {
        this.#waiting.delete(waiting)
        signal.removeEventListener('abort', giveUp)
        resolve(hasPlace)
      }
      const giveUp = () => end(false)
      const waiting = { begin: () => end(true), sinceMs: performance.now() }
      this.#waiting.add(waiting)
      signal.addEventListener('abort', giveUp)
      this.#all.serve()
    })
  }

  give(): void {
    this.#change(-1)
    this.#all.serve()
  }

  /** Gives a place to the first who waits. */
  serveOne(): void {
    const [first] = this.#waiting
    if (!first) return
    this.#change(1)
    first.begin()
  }

  /** Ends the tenancy. */
  leave(): void {
    this.#all.leave(this)
  }

  #change(change: 1 | -1): void {
    this.#taken += change
    this.#count(change)
  }
}
