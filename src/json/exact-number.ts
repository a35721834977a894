import { randomBytes } from 'node:crypto'

/** Marks the text of an exact number among strings. Nobody outside this process knows it. */
export const mark = `\x7f${randomBytes(6).toString('base64url')}:`

const markedNumber = new RegExp(`"${mark}([^"]*)"`, 'g')

/** Holds a number of JSON as it is written, since JavaScript has no such number: 9007199254740993, 1e400, -0. */
export class ExactNumber {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  /**
   * Returns a string from which `stringifyJson` makes the number.
   *
   * @param key `JSON.stringify` gives one; graphql, which shows the value to a client in an error, does not.
   */
  toJSON(key?: string): string {
    return key === undefined ? this.text : mark + this.text
  }
}

/** Reads a number of JSON, and keeps one as it is written that would be another when written again. */
export function toNumber(text: string): number | ExactNumber {
  return isKept(text) ? Number(text) : new ExactNumber(text)
}

/** Writes JSON like `JSON.stringify`, with exact numbers as they are. @throws RangeError for too deep a value. */
export function stringifyJson(value: unknown): string {
  const text = JSON.stringify(value)
  return text.includes(mark) ? text.replaceAll(markedNumber, '$1') : text
}

/** Tells whether a number of JSON has the same value when JavaScript has read and written it. */
export function isKept(text: string): boolean {
  const value = Number(text)
  const written = String(value)
  if (written === text) return true
  if (!Number.isFinite(value) || Object.is(value, -0)) return false
  const [given, kept] = [normalize(text), normalize(written)]
  return given.digits === kept.digits && given.exponent === kept.exponent
}

/** Splits a decimal number into its digits, without zeros around them, and the exponent of the last one. */
function normalize(text: string): { digits: string; exponent: number } {
  const [mantissa = '', power = '0'] = text.toLowerCase().split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const all = whole + fraction
  let start = 0
  let end = all.length
  while (all[start] === '0' || all[start] === '-') start++
  while (end > start && all[end - 1] === '0') end--
  const exponent = start === end ? 0 : Number(power) - fraction.length + all.length - end
  return { digits: all.slice(start, end), exponent }
}
