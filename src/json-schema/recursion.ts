import type { Ajv2020, AnySchema, ErrorObject, ValidateFunction } from 'ajv/dist/2020.js'
import type { DataValidationCxt, SchemaValidateFunction } from 'ajv/dist/types/index.js'
import { isJsonObject, type JsonObject, resolvePointer } from './json.ts'
import { mapSubschemas, subschemas } from './walk.ts'

/** This keyword stands where `$ref` stood; no schema that can be registered has it. */
const keyword = '$remember'

/** Tells whether a part of the schema is used within itself. */
export function isRecursive(document: JsonObject): boolean {
  const open = new Set<unknown>()
  const done = new Set<unknown>()
  const leadsBack = (schema: unknown): boolean => {
    if (!isJsonObject(schema) || done.has(schema)) return false
    if (open.has(schema)) return true
    open.add(schema)
    const { $ref } = schema
    const target = typeof $ref === 'string' ? resolvePointer(document, $ref.slice(1)) : undefined
    const isFound = leadsBack(target) || [...subschemas(schema, '')].some(([inner]) => leadsBack(inner))
    open.delete(schema)
    done.add(schema)
    return isFound
  }
  return leadsBack(document)
}

/**
 * Compiles a schema that is used within itself. The check remembers which part of the document was checked by which
 * part of the schema; otherwise each choice between two parts that lead to the next level would double the time for all
 * that is below.
 *
 * @param ajv Made for this schema alone.
 * @returns The first error, none for a document that matches.
 */
export function compileRecursive(ajv: Ajv2020, document: JsonObject): (value: unknown) => ErrorObject[] {
  const rewritten = withoutReferences(document)
  const validators = new Map<string, ValidateFunction>()
  /** Holds the errors of each part of the document, by pointer. */
  const remembered = new Map<string, Map<object, ErrorObject[]>>()

  const errorsOf = (pointer: string, value: unknown, context?: DataValidationCxt): ErrorObject[] => {
    const validate = validators.get(pointer)
    if (!validate || validate(value, context)) return []
    // A choice hands on the errors of all that it tried; more than one here would double them at each level.
    return validate.errors?.slice(0, 1) ?? []
  }
  const errorsOnce = (pointer: string, value: unknown, context?: DataValidationCxt): ErrorObject[] => {
    if (typeof value !== 'object' || value === null) return errorsOf(pointer, value, context)
    const known = remembered.get(pointer) ?? new Map<object, ErrorObject[]>()
    remembered.set(pointer, known)
    const before = known.get(value)
    if (before) return before
    const errors = errorsOf(pointer, value, context)
    known.set(value, errors)
    return errors
  }
  const check: SchemaValidateFunction = (reference: string, value: unknown, _, context) => {
    const errors = errorsOnce(reference.slice(1), value, context)
    check.errors = errors
    return errors.length === 0
  }
  ajv.addKeyword({ keyword, schemaType: 'string', validate: check })

  for (const reference of referencesOf(rewritten, new Set(['#']))) {
    const pointer = reference.slice(1)
    validators.set(pointer, ajv.compile(resolvePointer(rewritten, pointer) as AnySchema))
  }
  return (value) => {
    const errors = errorsOnce('', value)
    remembered.clear()
    return errors
  }
}

function withoutReferences(schema: unknown): JsonObject {
  const { $ref, ...rest } = mapSubschemas(schema as JsonObject, (inner) =>
    isJsonObject(inner) ? withoutReferences(inner) : inner,
  )
  return $ref === undefined ? rest : { ...rest, [keyword]: $ref }
}

function referencesOf(schema: unknown, found: Set<string>): Set<string> {
  if (!isJsonObject(schema)) return found
  const reference = schema[keyword]
  if (typeof reference === 'string') found.add(reference)
  for (const [inner] of subschemas(schema, '')) referencesOf(inner, found)
  return found
}
