/** Steps in which a period is gone through: so many members at once are called at most a step apart. */
const STEPS = 12

/** Calls every member about once in a period, a few at a time, with one timer for all of them. */
export class Heartbeat<Member> {
  readonly #beat: (member: Member) => void
  readonly #stepMs: number
  /** In the order of their last call. */
  readonly #members = new Set<Member>()
  #timer: NodeJS.Timeout | undefined

  constructor(periodMs: number, beat: (member: Member) => void) {
    this.#stepMs = periodMs / STEPS
    this.#beat = beat
  }

  add(member: Member): void {
    this.#members.add(member)
    this.#timer ??= setInterval(() => this.#step(), this.#stepMs)
  }

  delete(member: Member): void {
    this.#members.delete(member)
    if (this.#members.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #step(): void {
    let count = Math.ceil(this.#members.size / STEPS)
    for (const member of this.#members) {
      if (count-- === 0) break
      this.#members.delete(member)
      this.#members.add(member)
      this.#beat(member)
    }
  }
}
