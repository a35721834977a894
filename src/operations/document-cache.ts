/** Of all texts together; a document in memory is some hundred times its text's length in bytes. */
const MAX_CHARACTERS = 250_000
const MAX_DOCUMENTS = 1_000

/** What was made of documents, by their text; those that were not used for longest are forgotten first. */
export class DocumentCache<Made> {
  readonly #documents = new Map<string, Made>()
  #characters = 0

  get size(): number {
    return this.#documents.size
  }

  /** @param make Null, which is not remembered, when the text is no good. */
  get(text: string, make: (text: string) => Made | null): Made | null {
    const known = this.#documents.get(text)
    if (known !== undefined) {
      this.#documents.delete(text)
      this.#documents.set(text, known)
      return known
    }
    const made = make(text)
    if (made !== null) this.#add(text, made)
    return made
  }

  #add(text: string, made: Made): void {
    this.#documents.set(text, made)
    this.#characters += text.length
    for (const oldest of this.#documents.keys()) {
      if (this.#documents.size <= MAX_DOCUMENTS && this.#characters <= MAX_CHARACTERS) return
      this.#documents.delete(oldest)
      this.#characters -= oldest.length
    }
  }
}
