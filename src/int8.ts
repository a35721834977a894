/**
 * An int8 as PostgreSQL writes it: a decimal string, from -9223372036854775808 to 9223372036854775807. It is never a
 * JavaScript number, which is exact only up to 2^53.
 */
export type Int8 = string

const MIN = -(2n ** 63n)
const MAX = 2n ** 63n - 1n

/** Parses an int8 and returns its canonical text, or null for any other text. */
export function parseInt8(text: string): Int8 | null {
  if (!/^-?\d{1,19}$/.test(text)) return null
  const value = BigInt(text)
  return value >= MIN && value <= MAX ? value.toString() : null
}

/** Says whether `a` is greater than `b`. */
export function isAfter(a: Int8, b: Int8): boolean {
  return a.length === b.length && a[0] !== '-' ? a > b : BigInt(a) > BigInt(b)
}
