import { endOfString } from '../../json/end-of-string.ts'
import { stringifyJson } from '../../json/exact-number.ts'

/** Maximum nesting of lists and objects. Deeper JSON can be parsed but not written again: JSON.stringify recurses. */
export const MAX_JSON_DEPTH = 1_000

/** Says whether a JSON text is nested deeper than `MAX_JSON_DEPTH`. For other texts the result has no meaning. */
export function isTooDeep(text: string): boolean {
  // A text this short cannot open and close that many brackets.
  if (text.length <= 2 * MAX_JSON_DEPTH) return false
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at)
        break
      case LIST:
      case OBJECT:
        if (++depth > MAX_JSON_DEPTH) return true
        break
      case LIST_END:
      case OBJECT_END:
        depth--
    }
  }
  return false
}

/** Writes JSON; returns null for a value that is nested deeper than `MAX_JSON_DEPTH`. */
export function shallowJson(value: unknown): string | null {
  try {
    const text = stringifyJson(value)
    return isTooDeep(text) ? null : text
  } catch (error) {
    // Its nesting exhausts the stack.
    if (error instanceof RangeError) return null
    throw error
  }
}

const QUOTE = 0x22
const LIST = 0x5b
const LIST_END = 0x5d
const OBJECT = 0x7b
const OBJECT_END = 0x7d
