import { isJsonObject, type JsonObject, pointerTo, resolvePointer } from './json.ts'
import { SchemaError } from './schema-error.ts'
import { subschemas } from './walk.ts'

/** Lists the keywords whose schemas speak of the same value as the schema around them. */
const sameValue: ReadonlySet<string> = new Set([
  'allOf',
  'anyOf',
  'oneOf',
  'not',
  'if',
  'then',
  'else',
  'dependentSchemas',
])

/**
 * Refuses a required property that no part of the schema names, since most are misspelt.
 *
 * @throws SchemaError
 */
export function checkRequiredNames(document: JsonObject): void {
  visit(document, '', null)

  /** Visits a schema. `around` holds the names that those around it have for the same value; null at the outermost. */
  function visit(schema: unknown, path: string, around: ReadonlySet<string> | null): void {
    if (!isJsonObject(schema)) return
    const names = around ?? namesOf(document, schema)
    const { required } = schema
    for (const [index, name] of (Array.isArray(required) ? required : []).entries()) {
      if (typeof name === 'string' && !names.has(name) && !names.has(anyName)) {
        const at = pointerTo(pointerTo(path, 'required'), index)
        throw new SchemaError(at, `is ${JSON.stringify(name)}, which is not one of the properties`)
      }
    }
    for (const [inner, innerPath] of subschemas(schema, path)) {
      const keyword = innerPath.slice(path.length + 1).split('/')[0] ?? ''
      visit(inner, innerPath, sameValue.has(keyword) ? names : null)
    }
  }
}

/** Stands for every name, where properties have a type without being named. */
const anyName = '\0'

function namesOf(
  document: JsonObject,
  schema: unknown,
  names = new Set<string>(),
  seen = new Set<unknown>(),
) {
  if (!isJsonObject(schema) || seen.has(schema)) return names
  seen.add(schema)
  const { properties, additionalProperties, patternProperties } = schema
  for (const name of Object.keys(isJsonObject(properties) ? properties : {})) names.add(name)
  if (isJsonObject(additionalProperties) || patternProperties !== undefined) names.add(anyName)
  for (const [inner, path] of subschemas(schema, '')) {
    if (sameValue.has(path.split('/')[1] ?? '')) namesOf(document, inner, names, seen)
  }
  if (typeof schema.$ref === 'string')
    namesOf(document, resolvePointer(document, schema.$ref.slice(1)), names, seen)
  return names
}
