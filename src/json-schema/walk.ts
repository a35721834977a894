import { isJsonObject, type JsonObject, pointerTo } from './json.ts'
import { schemaKeywords, schemaListKeywords, schemaMapKeywords } from './keywords.ts'

/** Yields what stands directly within a schema in a schema's place, each with its JSON pointer. */
export function* subschemas(schema: JsonObject, path: string): Generator<[unknown, string]> {
  for (const keyword of schemaKeywords) {
    if (Object.hasOwn(schema, keyword)) yield [schema[keyword], pointerTo(path, keyword)]
  }
  for (const keyword of schemaListKeywords) {
    const list = Object.hasOwn(schema, keyword) ? schema[keyword] : undefined
    if (Array.isArray(list))
      for (const [index, each] of list.entries()) yield [each, pointerTo(pointerTo(path, keyword), index)]
  }
  for (const keyword of schemaMapKeywords) {
    const map = Object.hasOwn(schema, keyword) ? schema[keyword] : undefined
    if (isJsonObject(map))
      for (const [name, each] of Object.entries(map)) yield [each, pointerTo(pointerTo(path, keyword), name)]
  }
}

/** Copies a schema, replacing the schemas directly within it. */
export function mapSubschemas(schema: JsonObject, replace: (inner: unknown) => unknown): JsonObject {
  const copy: Record<string, unknown> = { ...schema }
  for (const keyword of schemaKeywords) {
    if (Object.hasOwn(copy, keyword)) copy[keyword] = replace(copy[keyword])
  }
  for (const keyword of schemaListKeywords) {
    const list = copy[keyword]
    if (Array.isArray(list)) copy[keyword] = list.map(replace)
  }
  for (const keyword of schemaMapKeywords) {
    const map = copy[keyword]
    if (isJsonObject(map))
      copy[keyword] = Object.fromEntries(Object.entries(map).map(([name, inner]) => [name, replace(inner)]))
  }
  return copy
}
