const fields = ['database', 'queue', 'type', 'extra1', 'extra2', 'extra3', 'extra4'] as const

/** What of an event can be in a subject. */
export type SubjectField = (typeof fields)[number]

/** A subject of NATS with places that each event fills, such as `orders.{database}.{type}`. */
export class SubjectTemplate {
  readonly text: string
  /** Literal texts, each followed by a field except the last. */
  readonly #texts: readonly string[]
  readonly #fields: readonly SubjectField[]

  private constructor(text: string, texts: readonly string[], placed: readonly SubjectField[]) {
    this.text = text
    this.#texts = texts
    this.#fields = placed
  }

  /** @throws TypeError that says what the text must be. */
  static parse(text: string): SubjectTemplate {
    const parts = text.split(/\{([^{}]*)\}/)
    const texts = parts.filter((_, index) => index % 2 === 0)
    const placed = parts.filter((_, index) => index % 2 === 1)
    if (!placed.every(isField))
      throw new TypeError(
        `must have no other placeholders than ${fields.map((name) => `{${name}}`).join(', ')}`,
      )
    if (!texts.every((each) => /^[\x21-\x7e]*$/.test(each) && !/[*>{}]/.test(each)))
      throw new TypeError('must be visible ASCII without *, > and lone braces')
    if (text.split('.').includes('')) throw new TypeError('must have a text between dots, and at both ends')
    if (text.startsWith('$')) throw new TypeError('must not begin with $, which is for the server itself')
    return new SubjectTemplate(text, texts, placed)
  }

  /** The subject that stands for all that it can give. */
  get wildcard(): string {
    const tokens = this.#fill(() => '*').split('.')
    return tokens.map((token) => (token.includes('*') ? '*' : token)).join('.')
  }

  /** Gives the subject of an event. Whatever is in a field is one token, percent-encoded, or a part of one. */
  format(event: Readonly<Record<SubjectField, string | null>>): string {
    return this.#fill((field) => encodeToken(event[field]))
  }

  #fill(textOf: (field: SubjectField) => string): string {
    return this.#texts.reduce((subject, text, index) => {
      const field = this.#fields[index - 1]
      return field ? subject + textOf(field) + text : text
    }, '')
  }
}

function isField(name: string): name is SubjectField {
  return fields.some((field) => field === name)
}

/** Encodes a value so that no two give the same; `_` stands for none. */
function encodeToken(value: string | null): string {
  if (value === null || value === '') return '_'
  if (value === '_') return '%5F'
  return encodeURIComponent(value).replaceAll('.', '%2E').replaceAll('*', '%2A')
}
