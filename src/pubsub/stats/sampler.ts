import { createStream, type Stream } from '../stream.ts'

/**
 * Takes a sample at an interval while there are watchers, and gives each of them the latest. The cost does not depend
 * on the number of watchers; a slow one skips samples.
 */
export class Sampler<Sample> {
  readonly #take: () => Promise<Sample>
  readonly #intervalMs: number
  readonly #watchers = new Set<() => void>()
  #latest: { sample: Sample; number: number; at: number } | undefined
  #timer: NodeJS.Timeout | undefined
  #isTaking = false

  /** @param take Takes a sample. When it fails, that sample is left out. */
  constructor(intervalMs: number, take: () => Promise<Sample>) {
    this.#intervalMs = intervalMs
    this.#take = take
  }

  get isWatched(): boolean {
    return this.#watchers.size > 0
  }

  watch(): Stream<Sample> {
    let seen = 0
    let wake = () => {}
    const watcher = () => wake()
    this.#watchers.add(watcher)
    this.#schedule()
    return createStream({
      pull: async (signal) => {
        while (!signal.aborted) {
          if (this.#latest && this.#latest.number > seen) {
            seen = this.#latest.number
            return this.#latest.sample
          }
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
        return undefined
      },
      interrupt: () => {
        wake()
        this.#watchers.delete(watcher)
        if (!this.isWatched) this.#stop()
      },
    })
  }

  #schedule(): void {
    if (this.#timer || this.#isTaking || !this.isWatched) return
    const age = this.#latest ? performance.now() - this.#latest.at : Number.POSITIVE_INFINITY
    this.#timer = setTimeout(() => void this.#sample(), Math.max(0, this.#intervalMs - age))
  }

  async #sample(): Promise<void> {
    this.#timer = undefined
    this.#isTaking = true
    try {
      const sample = await this.#take()
      this.#latest = { sample, number: (this.#latest?.number ?? 0) + 1, at: performance.now() }
      for (const watcher of this.#watchers) watcher()
    } catch {
      // The database is unavailable, which readiness and the log report; the next sample follows in time.
      this.#latest = this.#latest && { ...this.#latest, at: performance.now() }
    } finally {
      this.#isTaking = false
      if (this.isWatched) {
        this.#timer = setTimeout(() => void this.#sample(), this.#intervalMs)
      }
    }
  }

  #stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#latest = undefined
  }
}
