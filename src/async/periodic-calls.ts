/** A period has so many steps; what is due is called at most a step apart. */
const STEPS = 12

/** Calls every member once in a period and no sooner, a few at a time, with one timer for all of them. */
export class PeriodicCalls<Member> {
  readonly #call: (member: Member) => void
  readonly #periodMs: number
  readonly #stepMs: number
  /** Holds when each was called or added, by `performance.now()`; in that order. */
  readonly #members = new Map<Member, number>()
  #timer: NodeJS.Timeout | undefined

  constructor(periodMs: number, call: (member: Member) => void) {
    this.#call = call
    this.#periodMs = periodMs
    this.#stepMs = periodMs / STEPS
  }

  add(member: Member): void {
    this.#members.set(member, performance.now())
    // After a standstill the timer comes first and what was received meanwhile, such as a pong, second: let that win.
    this.#timer ??= setInterval(() => setImmediate(() => this.#step()), this.#stepMs)
  }

  delete(member: Member): void {
    this.#members.delete(member)
    if (this.#members.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #step(): void {
    const now = performance.now()
    // Timers are a little early or late.
    const dueSince = now - this.#periodMs + this.#stepMs / 2
    let count = Math.ceil(this.#members.size / STEPS)
    for (const [member, calledAt] of this.#members) {
      if (calledAt > dueSince || count-- === 0) break
      this.#members.delete(member)
      this.#members.set(member, now)
      this.#call(member)
    }
  }
}
