/** Longer reasons are cut off. UTF-16 units. */
const MAX_REASON_LENGTH = 1_000

/** Makes a text that PostgreSQL takes and a person reads: bounded, without NUL and halves of surrogate pairs. */
export function toReason(error: unknown): string {
  const text = [...textOf(error).slice(0, MAX_REASON_LENGTH)]
  return text.map((character) => (isStorable(character) ? character : '\u{fffd}')).join('')
}

function isStorable(character: string): boolean {
  const code = character.codePointAt(0) ?? 0
  return code !== 0 && (code < 0xd800 || code > 0xdfff)
}

function textOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message || error.name : String(error)
  } catch {
    return 'an error that cannot be shown'
  }
}
