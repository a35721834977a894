import { DeadlineError } from './deadline.ts'

/** For what and whom a slot is taken. */
export interface Turn {
  /** Kind of work, where there are several. No kind takes every slot. */
  readonly kind?: string
  /** Subject of the work, such as a queue, within its kind. It never takes more slots than it leaves free. */
  readonly subject: string
  /** Who asks. Where several wait, the one with the fewest slots is next. */
  readonly caller: string
}

interface Waiting {
  readonly turn: Turn | undefined
  readonly begin: () => void
}

/** Share of the slots that are left to other kinds of work. */
const SHARE_OF_OTHERS = 0.2

/**
 * Hands out a limited number of slots so that work that hangs holds up no other work. A subject may take a further slot
 * only while more are free than it holds: one that hangs takes half of the slots, the next one half of the rest. Work
 * without a turn of its own takes any slot.
 */
export class FairSlots {
  #limit: number
  #taken = 0
  readonly #byKind = new Tally()
  readonly #bySubject = new Tally()
  readonly #byCaller = new Tally()
  /** Those that wait, by what they have in common; who has had a turn goes to the end. */
  readonly #waiting = new Map<string, Set<Waiting>>()

  /** @param limit Number of slots (integer >= 1). */
  constructor(limit: number) {
    this.#limit = limit
  }

  get limit(): number {
    return this.#limit
  }

  /** Changes the number of slots. Where more are taken already, none is handed out until enough have come back. */
  set limit(limit: number) {
    this.#limit = limit
    this.#serve()
  }

  get taken(): number {
    return this.#taken
  }

  /** Number of those that wait for a slot. */
  get waiting(): number {
    let count = 0
    for (const group of this.#waiting.values()) count += group.size
    return count
  }

  /** Takes a slot if one is to be had now; `give` must follow. */
  take(turn?: Turn): boolean {
    if (!this.#mayTake(turn)) return false
    this.#count(turn, 1)
    return true
  }

  /** Waits for a slot; `give` must follow. @throws DeadlineError when there is none in time. */
  wait(turn: Turn | undefined, deadlineMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = {
        turn,
        begin: () => {
          clearTimeout(timer)
          resolve()
        },
      }
      const timer = setTimeout(() => {
        this.#remove(waiting)
        reject(new DeadlineError(`no free slot within ${deadlineMs} ms`))
      }, deadlineMs)
      const key = groupOf(turn)
      const group = this.#waiting.get(key)
      if (group) group.add(waiting)
      else this.#waiting.set(key, new Set([waiting]))
    })
  }

  /** Gives a slot back, and hands out what has become free. */
  give(turn?: Turn): void {
    this.#count(turn, -1)
    this.#serve()
  }

  #mayTake(turn: Turn | undefined): boolean {
    const free = this.#limit - this.#taken
    if (!turn) return free > 0
    if (this.#bySubject.of(subjectOf(turn)) >= free) return false
    return turn.kind === undefined || this.#byKind.of(turn.kind) < this.#limit - this.#leftToOtherKinds
  }

  get #leftToOtherKinds(): number {
    return Math.min(this.#limit - 1, Math.ceil(this.#limit * SHARE_OF_OTHERS))
  }

  #count(turn: Turn | undefined, change: 1 | -1): void {
    this.#taken += change
    if (!turn) return
    if (turn.kind !== undefined) this.#byKind.add(turn.kind, change)
    this.#bySubject.add(subjectOf(turn), change)
    this.#byCaller.add(turn.caller, change)
  }

  #serve(): void {
    for (let next = this.#next(); next; next = this.#next()) {
      this.#remove(next)
      const key = groupOf(next.turn)
      const group = this.#waiting.get(key)
      if (group) {
        this.#waiting.delete(key)
        this.#waiting.set(key, group)
      }
      this.#count(next.turn, 1)
      next.begin()
    }
  }

  /** Finds who is next: of the caller with the fewest slots, for the subject with the fewest, whose turn is the oldest. */
  #next(): Waiting | undefined {
    let best: { waiting: Waiting; ofCaller: number; ofSubject: number } | undefined
    for (const group of this.#waiting.values()) {
      const [waiting] = group
      if (!waiting || !this.#mayTake(waiting.turn)) continue
      const { turn } = waiting
      const ofCaller = turn ? this.#byCaller.of(turn.caller) : 0
      const ofSubject = turn ? this.#bySubject.of(subjectOf(turn)) : 0
      if (!best || ofCaller < best.ofCaller || (ofCaller === best.ofCaller && ofSubject < best.ofSubject))
        best = { waiting, ofCaller, ofSubject }
    }
    return best?.waiting
  }

  #remove(waiting: Waiting): void {
    const key = groupOf(waiting.turn)
    const group = this.#waiting.get(key)
    group?.delete(waiting)
    if (group?.size === 0) this.#waiting.delete(key)
  }
}

const subjectOf = ({ kind = '', subject }: Turn) => `${kind} ${subject}`
const groupOf = (turn: Turn | undefined) =>
  turn ? JSON.stringify([turn.kind, turn.subject, turn.caller]) : ''

/** Counts by key; a key whose count is 0 takes no memory. */
class Tally {
  readonly #counts = new Map<string, number>()

  of(key: string): number {
    return this.#counts.get(key) ?? 0
  }

  add(key: string, change: number): void {
    const count = this.of(key) + change
    if (count === 0) this.#counts.delete(key)
    else this.#counts.set(key, count)
  }
}
