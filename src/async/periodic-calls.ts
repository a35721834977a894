/** Number of slices of a period; each calls at most an equal share of the members. */
const SLICES = 12

/** Calls every member once per period and never sooner, a few at a time, with one timer for all. */
export class PeriodicCalls<Member> {
  readonly #call: (member: Member) => void
  readonly #periodMs: number
  readonly #sliceMs: number
  /** Time of each member's last call, or of its addition (`performance.now()`), oldest first. */
  readonly #members = new Map<Member, number>()
  #timer: NodeJS.Timeout | undefined

  constructor(periodMs: number, call: (member: Member) => void) {
    this.#call = call
    this.#periodMs = periodMs
    this.#sliceMs = periodMs / SLICES
  }

  add(member: Member): void {
    this.#members.set(member, performance.now())
    // After a blocked event loop the timer fires before arrived data, such as a pong, is read: let the data win.
    this.#timer ??= setInterval(() => setImmediate(() => this.#callDue()), this.#sliceMs)
  }

  delete(member: Member): void {
    this.#members.delete(member)
    if (this.#members.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #callDue(): void {
    const now = performance.now()
    // Half a slice of tolerance, because timers are slightly early or late.
    const dueSince = now - this.#periodMs + this.#sliceMs / 2
    let count = Math.ceil(this.#members.size / SLICES)
    for (const [member, calledAt] of this.#members) {
      if (calledAt > dueSince || count-- === 0) break
      this.#members.delete(member)
      this.#members.set(member, now)
      this.#call(member)
    }
  }
}
