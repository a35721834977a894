import { isTooDeep } from './json-depth.ts'

/** Parses `data` as JSON or as the URL encoding of `logutriga`; null where it is neither, or nested too deeply. */
export function parseEventData(data: string | null): unknown {
  if (data === null || isTooDeep(data)) return null
  try {
    return JSON.parse(data)
  } catch {
    return parseUrlEncoded(data)
  }
}

/** Decodes columns by name; a name without `=` is a column that is null. */
function parseUrlEncoded(data: string): Record<string, string | null> | null {
  if (!/[=&]/.test(data)) return null
  // Each column by itself: one expression for all of them runs out of stack on a long text.
  const pairs = data.split('&')
  if (!pairs.every((pair) => /^[A-Za-z0-9_.%+-]+(=[A-Za-z0-9_.%+-]*)?$/.test(pair))) return null
  try {
    const decode = (text: string) => decodeURIComponent(text.replaceAll('+', ' '))
    return Object.fromEntries(
      pairs.map((pair) => {
        const at = pair.indexOf('=')
        return at < 0 ? [decode(pair), null] : [decode(pair.slice(0, at)), decode(pair.slice(at + 1))]
      }),
    )
  } catch {
    return null
  }
}
