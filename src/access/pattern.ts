/** A name with `*` for any run of characters, as in grants. */
export class Pattern {
  /** The literal texts between the stars, in order. */
  readonly #pieces: readonly string[]

  constructor(pieces: readonly string[]) {
    this.#pieces = pieces
  }

  /**
   * Parses a part of a grant: percent-encoded, so that `%2A` is a star as a character and `%2F` a slash.
   *
   * @throws URIError for what is not percent-encoding, or stands for what PostgreSQL cannot store.
   */
  static parse(text: string): Pattern {
    // Several stars in a row stand for what one stands for.
    return new Pattern(text.split(/\*+/).map(decodeName))
  }

  /** Whether it stands for every name. */
  get isAny(): boolean {
    return this.#pieces.length === 2 && this.#pieces.every((piece) => piece === '')
  }

  matches(name: string): boolean {
    const first = this.#pieces[0] ?? ''
    const last = this.#pieces.at(-1) ?? ''
    if (this.#pieces.length === 1) return name === first
    if (!name.startsWith(first)) return false
    let at = first.length
    for (const piece of this.#pieces.slice(1, -1)) {
      const found = name.indexOf(piece, at)
      if (found < 0) return false
      at = found + piece.length
    }
    return name.length - last.length >= at && name.endsWith(last)
  }

  /** The same as a pattern of SQL's LIKE. */
  get like(): string {
    return this.#pieces.map((piece) => piece.replace(/[\\%_]/g, '\\$&')).join('%')
  }

  /** The same in one spelling of many: what needs no encoding is not encoded. */
  toString(): string {
    return this.#pieces.map((piece) => piece.replace(/[%*/?]/g, encoded)).join('*')
  }
}

/**
 * Decodes a text that is compared here and in SQL alike: so it has no NUL, and no lone surrogates, which the driver would
 * replace.
 *
 * @throws URIError
 */
export function decodeName(text: string): string {
  const name = decodeURIComponent(text)
  if (isStorable(name)) return name
  throw new URIError('No name has a NUL character or a lone surrogate')
}

/** Says whether PostgreSQL can store a text as it is. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

/** Encodes a character that means something in a grant; `encodeURIComponent` leaves a star as it is. */
function encoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}
