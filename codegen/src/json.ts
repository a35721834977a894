import { isObject } from './codegen-error.ts'
import { compare } from './event-type.ts'

/** Writes JSON with sorted keys: equal values give equal texts. */
export function stableJson(value: unknown, indent = 0): string {
  return JSON.stringify(sorted(value), null, indent)
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  const entries = Object.entries(value).sort(([a], [b]) => compare(a, b))
  // `fromEntries` makes a property of `__proto__` too.
  return Object.fromEntries(entries.map(([key, child]) => [key, sorted(child)]))
}
