/** Stands for an object of JSON, read by name. */
export type JsonObject = Readonly<Record<string, unknown>>

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Tells whether two values of JSON are the same, whatever the order of properties. */
export function isSameJson(a: unknown, b: unknown): boolean {
  return canonicalText(a) === canonicalText(b)
}

/** Writes a value as JSON with sorted properties, so that equal values have equal texts; undefined has one too. */
export function canonicalText(value: unknown): string {
  const sorted = (_: string, inner: unknown) =>
    isJsonObject(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner
  return JSON.stringify(value, sorted) ?? 'undefined'
}

/** Extends a JSON pointer by a step. */
export function pointerTo(parent: string, step: string | number): string {
  return `${parent}/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** Finds what a pointer (a URI fragment without its `#`) leads to in a document; undefined where there is nothing. */
export function resolvePointer(document: unknown, pointer: string): unknown {
  let value = document
  for (const step of pointer.split('/').slice(1)) {
    const name = decodeStep(step)
    if (name === null || typeof value !== 'object' || value === null || !Object.hasOwn(value, name))
      return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value
}

function decodeStep(step: string): string | null {
  try {
    return decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')
  } catch {
    return null
  }
}
