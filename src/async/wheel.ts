/** Width of a slot (milliseconds): calls that fall due within one are made together. */
const SLOT_MS = 50
/** Delays shorter than this keep a timer of their own, which is exact (milliseconds). */
const MIN_DELAY_MS = 500
/** Longest delay until the wheel looks again (milliseconds). */
const MAX_TURN_MS = 60_000

/**
 * Calls back after long delays, up to a slot late. All share one timer, so that what many databases wait for wakes the process
 * at most twenty times a second, however many they are.
 */
class Wheel {
  readonly #slots = new Map<number, Set<() => void>>()
  #timer: NodeJS.Timeout | undefined
  /** Slot that the timer is set for. */
  #next = Number.POSITIVE_INFINITY

  /** Calls back once, never early. @returns What cancels it. */
  after(delayMs: number, callback: () => void): () => void {
    if (delayMs < MIN_DELAY_MS) {
      const timer = setTimeout(callback, delayMs)
      return () => clearTimeout(timer)
    }
    const number = Math.ceil((performance.now() + delayMs) / SLOT_MS)
    const slot = this.#slots.get(number) ?? new Set()
    // One function may wait several times.
    const call = () => callback()
    slot.add(call)
    this.#slots.set(number, slot)
    if (number < this.#next) this.#wind()
    return () => {
      slot.delete(call)
      if (slot.size > 0 || this.#slots.get(number) !== slot) return
      this.#slots.delete(number)
      if (number === this.#next) this.#wind()
    }
  }

  #wind(): void {
    clearTimeout(this.#timer)
    this.#next = Math.min(...this.#slots.keys())
    if (this.#slots.size === 0) return
    const delayMs = Math.max(this.#next * SLOT_MS - performance.now(), 0)
    this.#timer = setTimeout(() => this.#turn(), Math.min(Math.ceil(delayMs), MAX_TURN_MS))
  }

  #turn(): void {
    const reached = performance.now() / SLOT_MS
    const due = [...this.#slots].filter(([number]) => number <= reached)
    for (const [number] of due) this.#slots.delete(number)
    this.#wind()
    for (const [, slot] of due) for (const call of slot) call()
  }
}

/** The wheel of this process. */
export const wheel = new Wheel()
