/** A way into the arguments of a field: names, and places in lists. */
export type Steps = readonly (string | number)[]

/** Names a place in a field's arguments as errors do: `events[1].data`. What lies in `input` is named from there. */
export function fieldOf(steps: Steps): string {
  const [first, ...rest] = steps
  const named = first === 'input' && rest.length > 0 ? rest : steps
  return named.reduce<string>((path, step) => {
    if (typeof step === 'number') return `${path}[${step}]`
    return path === '' ? step : `${path}.${step}`
  }, '')
}

/** Says what keeps PostgreSQL from holding a text, to be read on after its field's name; null for a text that it can hold. */
export function unstorable(text: string): string | null {
  if (text.includes('\0')) return 'must not contain a NUL character; encode binary data, as in base64'
  return text.isWellFormed() ? null : 'must be well-formed Unicode; it has a lone surrogate'
}
