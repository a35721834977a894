import { type Giver, HeldPart, type Hold } from '../memory/hold.ts'

/** Counts what each of many owners has open, up to a maximum. */
export class Counts implements Giver<string> {
  readonly max: number
  readonly #open = new Map<string, number>()

  constructor(max: number) {
    this.max = max
  }

  /** Counts one more, until it is released. @returns Null where the owner has as many as it may. */
  tryTake(owner: string): Hold | null {
    const count = this.#open.get(owner) ?? 0
    if (count >= this.max) return null
    this.#open.set(owner, count + 1)
    return new HeldPart(this, owner)
  }

  takeBack(owner: string): void {
    const left = (this.#open.get(owner) ?? 1) - 1
    if (left > 0) this.#open.set(owner, left)
    else this.#open.delete(owner)
  }
}
