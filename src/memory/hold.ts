/** A part of something that is bounded, taken for a while. */
export interface Hold {
  /** Gives the part back. Harmless when repeated. */
  release(): void
}

/** Takes back what it gave. */
export interface Giver<Part> {
  takeBack(part: Part): void
}

/** A part of what a giver has. Each open stream keeps some, which a closure for each would make twice as large. */
export class HeldPart<Part> implements Hold {
  #giver: Giver<Part> | undefined
  readonly #part: Part

  constructor(giver: Giver<Part>, part: Part) {
    this.#giver = giver
    this.#part = part
  }

  release(): void {
    const giver = this.#giver
    this.#giver = undefined
    giver?.takeBack(this.#part)
  }
}
