import type { DocumentNode } from 'graphql'

/** Of all texts together; a document in memory is some hundred times its text's length in bytes. */
const MAX_CHARACTERS = 250_000
const MAX_DOCUMENTS = 1_000

/** Documents that were parsed and found valid, by their text; those that were not used for longest are forgotten first. */
export class DocumentCache {
  readonly #documents = new Map<string, DocumentNode>()
  #characters = 0

  get size(): number {
    return this.#documents.size
  }

  /** @param check Parses and validates; null, which is not remembered, when the text is no good. */
  get(text: string, check: (text: string) => DocumentNode | null): DocumentNode | null {
    const known = this.#documents.get(text)
    if (known) {
      this.#documents.delete(text)
      this.#documents.set(text, known)
      return known
    }
    const document = check(text)
    if (document) this.#add(text, document)
    return document
  }

  #add(text: string, document: DocumentNode): void {
    this.#documents.set(text, document)
    this.#characters += text.length
    for (const oldest of this.#documents.keys()) {
      if (this.#documents.size <= MAX_DOCUMENTS && this.#characters <= MAX_CHARACTERS) return
      this.#documents.delete(oldest)
      this.#characters -= oldest.length
    }
  }
}
