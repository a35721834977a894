interface Waiting {
  begin: () => void
}

/**
 * Limits how many pieces of work begin at once. One that takes long gives up its place and goes on, so that pieces which hang
 * delay others by no more than that.
 */
export class Overtaking {
  readonly #patienceMs: number
  #free: number
  readonly #waiting = new Set<Waiting>()

  /**
   * @param limit Number of places (integer >= 1).
   * @param patienceMs Time after which a piece of work gives up its place (milliseconds).
   */
  constructor(limit: number, patienceMs: number) {
    this.#free = limit
    this.#patienceMs = patienceMs
  }

  /** Runs a piece of work when there is a place; where the signal comes first it begins at once, to find that out. */
  async run<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    const leave = await this.enter(signal)
    try {
      return await work()
    } finally {
      leave()
    }
  }

  /** Waits for a place, or the signal. @returns A function that gives the place up; time does so, too. */
  async enter(signal?: AbortSignal): Promise<() => void> {
    let isTaken = await this.#place(signal)
    const leave = () => {
      clearTimeout(timer)
      if (isTaken) this.#leave()
      isTaken = false
    }
    const timer = setTimeout(leave, this.#patienceMs)
    return leave
  }

  async #place(signal: AbortSignal | undefined): Promise<boolean> {
    if (this.#free > 0) {
      this.#free--
      return true
    }
    if (signal?.aborted) return false
    return new Promise((resolve) => {
      const give = (hasPlace: boolean) => {
        this.#waiting.delete(waiting)
        signal?.removeEventListener('abort', giveUp)
        resolve(hasPlace)
      }
      const giveUp = () => give(false)
      const waiting = { begin: () => give(true) }
      this.#waiting.add(waiting)
      signal?.addEventListener('abort', giveUp, { once: true })
    })
  }

  #leave(): void {
    const [next] = this.#waiting
    if (next) next.begin()
    else this.#free++
  }
}
