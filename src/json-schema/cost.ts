import { isJsonObject, type JsonObject, resolvePointer } from './json.ts'
import { countRepetitions } from './pattern.ts'
import { subschemas } from './walk.ts'

/**
 * How the time of a check may grow with the length n of a document's text, as the exponent of n: 1 for most schemas, more
 * with patterns that repeat and lists of unique items, and infinite where a schema is used within itself.
 */
export function costExponent(document: JsonObject): number {
  let exponent = 1
  const open = new Set<JsonObject>()
  const done = new Set<JsonObject>()

  const visit = (schema: unknown, path: string): void => {
    if (!isJsonObject(schema) || done.has(schema)) return
    if (open.has(schema)) {
      exponent = Number.POSITIVE_INFINITY
      return
    }
    open.add(schema)
    for (const pattern of patternsOf(schema)) exponent = Math.max(exponent, 1 + countRepetitions(pattern))
    if (schema.uniqueItems === true) exponent = Math.max(exponent, 2)
    for (const [inner, innerPath] of subschemas(schema, path)) visit(inner, innerPath)
    if (typeof schema.$ref === 'string') visit(resolvePointer(document, schema.$ref.slice(1)), schema.$ref)
    open.delete(schema)
    done.add(schema)
  }
  visit(document, '')
  return exponent
}

function patternsOf({ pattern, patternProperties }: JsonObject): string[] {
  return [
    ...(typeof pattern === 'string' ? [pattern] : []),
    ...(isJsonObject(patternProperties) ? Object.keys(patternProperties) : []),
  ]
}
