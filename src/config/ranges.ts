/** Reports a range that cannot be used; the message completes a sentence about the name that it is in. */
export class RangeMistake extends Error {
  override readonly name = 'RangeMistake'
}

const rangePattern = /\{[^{}]*\.\.[^{}]*\}/g
/** Largest number of digits in a range. */
const MAX_DIGITS = 9

/** Returns the ranges in a text, such as `{001..256}`, each spelling once: what is spelled the same counts together. */
export function rangesIn(text: string): string[] {
  return [...new Set(text.match(rangePattern))]
}

/** Counts the texts that a text with ranges stands for. @throws RangeMistake */
export function countRanges(text: string): number {
  return rangesIn(text).reduce((count, range) => count * parse(range).count, 1)
}

/**
 * Lists the numbers for the ranges in a text, as they are to be written; the last range counts fastest. There is one empty
 * entry for a text without ranges.
 *
 * @throws RangeMistake
 */
export function listNumbers(text: string): ReadonlyMap<string, string>[] {
  return rangesIn(text).reduce<Map<string, string>[]>(
    (all, range) => {
      const { count, at } = parse(range)
      const numbers = Array.from({ length: count }, (_, index) => at(index))
      return all.flatMap((before) => numbers.map((number) => new Map(before).set(range, number)))
    },
    [new Map()],
  )
}

/** Writes the numbers in place of the ranges. */
export function fillRanges(text: string, numbers: ReadonlyMap<string, string>): string {
  return text.replace(rangePattern, (range) => numbers.get(range) ?? range)
}

/** Parses a range; where either number begins with zeros, all are as long as the longer one. */
function parse(range: string): { count: number; at: (index: number) => string } {
  const [, from = '', to = ''] = /^\{(\d+)\.\.(\d+)\}$/.exec(range) ?? []
  const isValid = from !== '' && Math.max(from.length, to.length) <= MAX_DIGITS && Number(from) <= Number(to)
  if (!isValid) throw new RangeMistake(`has the range ${range}, which must count up, as {1..9} or {001..256}`)
  const isPadded = /^0\d/.test(from) || /^0\d/.test(to)
  const width = isPadded ? Math.max(from.length, to.length) : 0
  return {
    count: Number(to) - Number(from) + 1,
    at: (index) => String(Number(from) + index).padStart(width, '0'),
  }
}
