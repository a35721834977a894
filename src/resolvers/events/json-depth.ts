/** Lists and objects in each other. What is deeper can be parsed, but not be written again: JSON.stringify recurses. */
export const MAX_JSON_DEPTH = 1_000

/** Whether a text of JSON is nested deeper than `MAX_JSON_DEPTH`; for what is not JSON, anything. */
export function isTooDeep(text: string): boolean {
  // As many brackets must open, and close again.
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

const QUOTE = 0x22
const LIST = 0x5b
const LIST_END = 0x5d
const OBJECT = 0x7b
const OBJECT_END = 0x7d

/** Where the string that begins at a place has its closing quote. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end < 0 ? text.length : end
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text[at - 1 - backslashes] === '\\') backslashes++
  return backslashes % 2 === 1
}
