import { ExactNumber } from '../json/exact-number.ts'
import { isJsonObject, type JsonObject, pointerTo, resolvePointer } from './json.ts'
import { knownKeywords } from './keywords.ts'
import { checkPattern } from './pattern.ts'
import { SchemaError } from './schema-error.ts'
import { subschemas } from './walk.ts'

/** Limits how deep lists and objects may stand within each other. */
const MAX_DEPTH = 128
/** Limits the instructions of all patterns together, of which compiling takes memory and some microseconds each. */
const MAX_PATTERN_SIZE = 20_000

/**
 * Refuses what JSON Schema would let pass, or leave to its reader, and a registry must not: keywords that nobody knows,
 * mostly misspelt; references to elsewhere; and patterns that cannot be matched in bounded time.
 *
 * @throws SchemaError for the first that is found.
 */
export function checkSchema(document: JsonObject): void {
  const { $schema } = document
  if ($schema !== undefined && !isDraft202012($schema)) {
    throw new SchemaError('/$schema', 'must be https://json-schema.org/draft/2020-12/schema, or left out')
  }
  const schemas = new Set<unknown>()
  const references: { value: unknown; at: string }[] = []
  let patternSize = 0
  checkValues(document)
  visit(document, '')
  for (const { value, at } of references) checkReference(value, at)

  function visit(schema: unknown, path: string): void {
    if (!isJsonObject(schema)) return
    schemas.add(schema)
    for (const keyword of Object.keys(schema)) checkKeyword(schema, keyword, path)
    for (const [inner, innerPath] of subschemas(schema, path)) visit(inner, innerPath)
  }

  function checkKeyword(schema: JsonObject, keyword: string, path: string): void {
    const at = pointerTo(path, keyword)
    const value = schema[keyword]
    if (!knownKeywords.has(keyword)) throw new SchemaError(at, 'is not a keyword that this registry knows')
    switch (keyword) {
      case '$schema':
      case '$id':
        if (path !== '') throw new SchemaError(at, 'stands at the top only')
        break
      case '$ref':
        references.push({ value, at })
        break
      case 'pattern':
        if (typeof value === 'string') notePattern(value, at)
        break
      case 'patternProperties':
        for (const pattern of Object.keys(isJsonObject(value) ? value : {}))
          notePattern(pattern, pointerTo(at, pattern))
        break
      case 'properties':
        if (isJsonObject(value) && Object.hasOwn(value, '__proto__')) {
          throw new SchemaError(pointerTo(at, '__proto__'), 'is a name that JavaScript readers cannot read')
        }
    }
  }

  function notePattern(pattern: string, at: string): void {
    patternSize += checkPattern(pattern, at)
    if (patternSize <= MAX_PATTERN_SIZE) return
    throw new SchemaError(
      at,
      'is one of too many patterns that repeat much: use minLength and maxLength instead',
    )
  }

  function checkReference(value: unknown, at: string): void {
    if (typeof value !== 'string' || !/^#(\/|$)/.test(value)) {
      throw new SchemaError(at, 'must be a JSON pointer within this document, such as #/$defs/address')
    }
    const seen = new Set<unknown>()
    let target = resolvePointer(document, value.slice(1))
    if (target === undefined) throw new SchemaError(at, 'points to nothing')
    if (!schemas.has(target)) throw new SchemaError(at, 'points to what is not a schema')
    // References that lead to references alone never lead to a schema.
    while (isJsonObject(target) && typeof target.$ref === 'string') {
      if (seen.has(target)) throw new SchemaError(at, 'leads back to itself')
      seen.add(target)
      target = resolvePointer(document, target.$ref.slice(1))
    }
  }
}

/** Refuses deep nesting, and numbers that are others in JavaScript, which compares payloads with them. */
function checkValues(value: unknown, path = '', depth = 0): void {
  if (depth > MAX_DEPTH) throw new SchemaError('', `is nested deeper than ${MAX_DEPTH} lists and objects`)
  if (typeof value !== 'object' || value === null) return
  if (value instanceof ExactNumber) {
    const read = `is ${value.text.slice(0, 50)}, which would be read as ${Number(value.text)}`
    throw new SchemaError(path, `${read}; give a number of double precision, or none`)
  }
  for (const [step, inner] of Object.entries(value)) checkValues(inner, pointerTo(path, step), depth + 1)
}

function isDraft202012(uri: unknown): boolean {
  return typeof uri === 'string' && /^https:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/.test(uri)
}
