/** The text of a TypeScript type, and what combining it with others depends on. */
export interface TypeText {
  readonly text: string
  /** True for a union or an intersection, which needs parentheses beside other types. */
  readonly isCompound: boolean
  /** True for a single `{ … }`, which an interface can have. */
  readonly isObject: boolean
}

export function simple(text: string): TypeText {
  return { text, isCompound: false, isObject: false }
}

export function object(text: string): TypeText {
  return { text, isCompound: false, isObject: true }
}

/** A schema without a known keyword says this. */
export const anything = simple('unknown')
export const nothing = simple('never')

export function union(given: readonly TypeText[]): TypeText {
  const parts = distinct(given).filter(({ text }) => text !== nothing.text)
  if (parts.some(({ text }) => text === anything.text)) return anything
  return combined(parts, ' | ', nothing)
}

export function intersection(given: readonly TypeText[]): TypeText {
  return combined(
    distinct(given).filter(({ text }) => text !== anything.text),
    ' & ',
    anything,
  )
}

export function grouped({ text, isCompound }: TypeText): string {
  return isCompound ? `(${text})` : text
}

function combined(parts: readonly TypeText[], operator: string, none: TypeText): TypeText {
  const [first, second] = parts
  if (!first) return none
  if (!second) return first
  return { text: parts.map(grouped).join(operator), isCompound: true, isObject: false }
}

function distinct(given: readonly TypeText[]): TypeText[] {
  return [...new Map(given.map((part) => [part.text, part])).values()]
}
