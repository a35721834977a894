import { type Giver, HeldPart, type Hold } from './hold.ts'

interface Waiting {
  bytes: number
  start: (hold: Hold) => void
}

/**
 * A bounded number of bytes, which pieces of work take for a while. Where too few are left they wait: clients have
 * their turns one after another, so that one with much work holds up its own alone.
 */
export class Share implements Giver<number> {
  readonly #total: number
  #free: number
  /** What waits, by client; the first client has the next turn. */
  readonly #waiting = new Map<string, Set<Waiting>>()

  constructor(total: number) {
    this.#total = total
    this.#free = total
  }

  /** Takes bytes that are free now. More than there are in all count as all. @returns Null where too few are left. */
  tryTake(bytes: number): Hold | null {
    const taken = Math.min(bytes, this.#total)
    return this.#waiting.size === 0 && taken <= this.#free ? this.#hold(taken) : null
  }

  /**
   * Takes bytes when it is this client's turn.
   *
   * @param waitMs Longest wait (milliseconds).
   * @param signal Ends the wait.
   * @returns Null when the wait has ended without a turn.
   */
  take(client: string, bytes: number, waitMs: number, signal?: AbortSignal): Promise<Hold | null> {
    const hold = this.tryTake(bytes)
    if (hold) return Promise.resolve(hold)
    return new Promise((resolve) => {
      const leave = () => {
        this.#leave(client, waiting)
        end(null)
        // It may have been the one that the others waited for.
        this.#startNext()
      }
      const timer = setTimeout(leave, waitMs)
      const end = (outcome: Hold | null) => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', leave)
        resolve(outcome)
      }
      const waiting = { bytes: Math.min(bytes, this.#total), start: end }
      const ofClient = this.#waiting.get(client) ?? new Set()
      this.#waiting.set(client, ofClient.add(waiting))
      if (signal?.aborted) leave()
      else signal?.addEventListener('abort', leave, { once: true })
    })
  }

  #hold(bytes: number): Hold {
    this.#free -= bytes
    return new HeldPart(this, bytes)
  }

  takeBack(bytes: number): void {
    this.#free += bytes
    this.#startNext()
  }

  #startNext(): void {
    for (const [client, [next]] of this.#waiting) {
      if (!next || next.bytes > this.#free) return
      this.#leave(client, next)
      const others = this.#waiting.get(client)
      if (others) {
        this.#waiting.delete(client)
        this.#waiting.set(client, others)
      }
      next.start(this.#hold(next.bytes))
    }
  }

  #leave(client: string, waiting: Waiting): void {
    const ofClient = this.#waiting.get(client)
    ofClient?.delete(waiting)
    if (ofClient?.size === 0) this.#waiting.delete(client)
  }
}
