import type { Comparison } from './comparison.ts'
import { canonicalText, isJsonObject, type JsonObject, pointerTo } from './json.ts'

/** Compares the values that two schemas list. @returns Whether either of them lists any. */
export function compareValues(
  comparison: Comparison,
  older: JsonObject,
  newer: JsonObject,
  path: string,
): boolean {
  const [from, to] = [valuesOf(older), valuesOf(newer)]
  if (!from && !to) return false
  if (!from || !to) {
    comparison.add(path, from ? 'is no longer limited to listed values' : 'is limited to listed values')
    return true
  }
  const [was, is] = [from, to].map((values) => new Set(values.map(canonicalText))) as [
    Set<string>,
    Set<string>,
  ]
  for (const value of was)
    if (!is.has(value)) comparison.add(path, `no longer has the value ${shortened(value)}`)
  for (const value of is) if (!was.has(value)) comparison.add(path, `has the new value ${shortened(value)}`)
  return true
}

/** Picks the listed values that are of a type the schema admits; undefined where it lists none. */
function valuesOf(schema: JsonObject): readonly unknown[] | undefined {
  const listed = Object.hasOwn(schema, 'const') ? [schema.const] : schema.enum
  if (!Array.isArray(listed)) return undefined
  const { type } = schema
  return type === undefined
    ? listed
    : listed.filter((value) => [type].flat().some((each) => isOf(value, each)))
}

function isOf(value: unknown, type: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'array':
      return Array.isArray(value)
    case 'object':
      return isJsonObject(value)
    case 'integer':
      return Number.isInteger(value)
    default:
      // JavaScript calls the other types by the same names.
      return typeof value === type
  }
}

/** Compares the keyword `type`. */
export function compareTypes(
  comparison: Comparison,
  older: JsonObject,
  newer: JsonObject,
  path: string,
): void {
  const [from, to] = [typesOf(older), typesOf(newer)]
  if (from !== to) comparison.add(pointerTo(path, 'type'), `was ${from}, and is ${to}`)
}

function typesOf({ type }: JsonObject): string {
  if (type === undefined) return 'any'
  return [...new Set(Array.isArray(type) ? type : [type])].map(String).sort().join(' or ')
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
