import { endOfString } from './end-of-string.ts'
import { isKept, toNumber } from './exact-number.ts'

/** Reports JSON with more lists and objects than may be. */
export class TooManyObjects extends Error {
  override readonly name = 'TooManyObjects'
}

/**
 * Parses JSON like `JSON.parse`, except that a number which JavaScript would change becomes an `ExactNumber`.
 *
 * @param maxObjects Limits the number of lists and objects, which take far more memory than their text.
 * @throws SyntaxError, or TooManyObjects.
 */
export function parseJson(text: string, maxObjects: number): unknown {
  if (hasMoreObjects(text, maxObjects)) throw new TooManyObjects()
  const value: unknown = JSON.parse(text)
  return hasExactNumber(text) ? parseExactly(text) : value
}

/** Tells whether there are more lists and objects in a text that may be JSON. */
function hasMoreObjects(text: string, max: number): boolean {
  // Each has two brackets.
  if (text.length <= 2 * max) return false
  let count = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfString(text, at)
    else if ((code === LIST || code === OBJECT) && ++count > max) return true
  }
  return false
}

/** A number of at most this many characters is kept unless it has an exponent or is -0: doubles have 15 digits. */
const MAX_KEPT_LENGTH = 15

/** Tells whether a text that is JSON has a number which JavaScript would change. */
function hasExactNumber(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfString(text, at)
    else if (code === MINUS || isDigit(code)) {
      const start = at
      let isPlain = code !== MINUS || text.charCodeAt(at + 1) !== ZERO
      for (let next = text.charCodeAt(at + 1); isInNumber(next); next = text.charCodeAt(++at + 1)) {
        if (next === SMALL_E || next === LARGE_E) isPlain = false
      }
      const isShort = at - start < MAX_KEPT_LENGTH
      if (!(isPlain && isShort) && !isKept(text.slice(start, at + 1))) return true
    }
  }
  return false
}

type Holder = unknown[] | Record<string, unknown>

/** Parses a text that is JSON. It does not recurse: JSON may be nested at any depth. */
function parseExactly(text: string): unknown {
  const root: unknown[] = []
  const outer: Holder[] = []
  let holder: Holder = root
  let name: string | undefined
  const put = (value: unknown) => {
    if (Array.isArray(holder)) holder.push(value)
    else if (name === '__proto__') Object.defineProperty(holder, name, { value, ...ordinary })
    else if (name !== undefined) holder[name] = value
    name = undefined
  }
  const open = (inner: Holder) => {
    put(inner)
    outer.push(holder)
    holder = inner
  }
  for (let at = 0; at < text.length; at++) {
    const start = at
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        at = endOfString(text, at)
        const string = JSON.parse(text.slice(start, at + 1)) as string
        if (name === undefined && !Array.isArray(holder)) name = string
        else put(string)
        break
      }
      case LIST:
        open([])
        break
      case OBJECT:
        open({})
        break
      case LIST_END:
      case OBJECT_END:
        holder = outer.pop() ?? root
        break
      case SMALL_T:
        put(true)
        at += 3
        break
      case SMALL_F:
        put(false)
        at += 4
        break
      case SMALL_N:
        put(null)
        at += 3
        break
      default:
        while (isInNumber(text.charCodeAt(at))) at++
        if (at > start) put(toNumber(text.slice(start, at--)))
    }
  }
  return root[0]
}

const ordinary = { configurable: true, enumerable: true, writable: true }

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE
}

/** Tells whether a character may be one of a number. */
function isInNumber(code: number): boolean {
  return (
    isDigit(code) || code === DOT || code === PLUS || code === MINUS || code === SMALL_E || code === LARGE_E
  )
}

const QUOTE = 0x22
const PLUS = 0x2b
const MINUS = 0x2d
const DOT = 0x2e
const ZERO = 0x30
const NINE = 0x39
const LARGE_E = 0x45
const LIST = 0x5b
const LIST_END = 0x5d
const SMALL_E = 0x65
const SMALL_F = 0x66
const SMALL_N = 0x6e
const SMALL_T = 0x74
const OBJECT = 0x7b
const OBJECT_END = 0x7d
