/** A path into the arguments of a field: names, and indexes in lists. */
export type Steps = readonly (string | number)[]

/** Writes a path as errors show it, such as `events[1].data`; a leading `input` is left out. */
export function fieldOf(steps: Steps): string {
  const [first, ...rest] = steps
  const named = first === 'input' && rest.length > 0 ? rest : steps
  return named.reduce<string>((path, step) => {
    if (typeof step === 'number') return `${path}[${step}]`
    return path === '' ? step : `${path}.${step}`
  }, '')
}

/** Says why PostgreSQL cannot hold a text, in words that follow the field's name; null where it can. */
export function unstorable(text: string): string | null {
  if (text.includes('\0')) return 'must not contain a NUL character; encode binary data, as in base64'
  return text.isWellFormed() ? null : 'must be well-formed Unicode; it has a lone surrogate'
}
