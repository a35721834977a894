import { Ajv2020, type AnySchemaObject, type ErrorObject } from 'ajv/dist/2020.js'
import type { SchemaValidateFunction } from 'ajv/dist/types/index.js'
import addFormats from 'ajv-formats'
import { canonicalText, isJsonObject, type JsonObject } from './json.ts'
import { compilePattern } from './pattern.ts'
import { compileRecursive, isRecursive } from './recursion.ts'
import { SchemaError } from './schema-error.ts'
import { subschemas } from './walk.ts'

/** Lists the formats that a schema may name. The library's others are no standard, or slow on texts made for it. */
const formats = [
  'date-time',
  'date',
  'time',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uri',
  'uri-reference',
  'uuid',
  'json-pointer',
  'relative-json-pointer',
  'regex',
] as const

function createAjv(options: { allErrors: boolean }): Ajv2020 {
  const ajv = new Ajv2020({
    ...options,
    strict: true,
    strictTypes: true,
    // checkRequiredNames knows more places where a property may be named.
    strictRequired: false,
    // `["string", "null"]` is what people write for null.
    allowUnionTypes: true,
    allowMatchingProperties: true,
    // An object's inherited properties, such as `constructor`, are not in the document.
    ownProperties: true,
    // checkAgainstMetaSchema has done so.
    validateSchema: false,
    // Putting each reference in place would make much code of a short schema.
    inlineRefs: false,
    // Optimizing takes as long as all the rest, and V8 does it anyway.
    code: { optimize: false, regExp: patterns },
    logger: false,
  })
  addFormats.default(ajv, [...formats])
  // The library's own compares every two items.
  ajv.removeKeyword('uniqueItems')
  ajv.addKeyword({ keyword: 'uniqueItems', type: 'array', schemaType: 'boolean', validate: hasUniqueItems })
  return ajv
}

const patterns = Object.assign((pattern: string) => compilePattern(pattern), {
  // The library's standalone code, which is not used, would name it so.
  code: 'compilePattern',
})

const hasUniqueItems: SchemaValidateFunction = (isWanted: boolean, items: readonly unknown[]) => {
  const seen = new Map<string, number>()
  for (const [index, item] of isWanted ? items.entries() : []) {
    const text = canonicalText(item)
    const before = seen.get(text)
    if (before !== undefined) {
      const message = `must not have equal items, as ${before} and ${index} are`
      hasUniqueItems.errors = [{ keyword: 'uniqueItems', params: {}, message }]
      return false
    }
    seen.set(text, index)
  }
  return true
}

const metaSchemas = new Ajv2020({ strict: true, logger: false })

/** Refuses a document that JSON Schema 2020-12 does not allow. @throws SchemaError */
export function checkAgainstMetaSchema(schema: JsonObject): void {
  const { $schema: _, ...rest } = schema
  if (metaSchemas.validateSchema(rest)) return
  const [error] = metaSchemas.errors ?? []
  throw new SchemaError(error?.instancePath ?? '', error ? describeError(error) : 'is not valid')
}

/** Finds the errors of a document, none in one that matches. */
export type Check = (value: unknown) => readonly ErrorObject[]

/** Compiles a schema. @throws SchemaError for what is valid, but surely not meant, such as a minimum of a string. */
export function compileSchema(schema: JsonObject, options = { allErrors: false }): Check {
  // References are pointers within the document, whatever its name.
  const { $id: _, $schema: __, ...rest } = schema
  const ajv = createAjv(options)
  try {
    if (isRecursive(rest) && !saysWhatIsUnevaluated(rest)) return compileRecursive(ajv, rest)
    const validate = ajv.compile(rest as AnySchemaObject)
    return (value) => (validate(value) ? [] : (validate.errors ?? []))
  } catch (error) {
    throw new SchemaError(...placeOf(error instanceof Error ? error.message : String(error)))
  }
}

/** Finds keywords for which it matters which part of a schema has looked at what; remembering would lose that. */
function saysWhatIsUnevaluated(schema: unknown): boolean {
  if (!isJsonObject(schema)) return false
  if ('unevaluatedProperties' in schema || 'unevaluatedItems' in schema) return true
  return [...subschemas(schema, '')].some(([inner]) => saysWhatIsUnevaluated(inner))
}

/** Reads the place from the library's message, where it stands as `at "#/properties/a" (strictTypes)`. */
function placeOf(message: string): [path: string, what: string] {
  const [, path = ''] = /at "[^"#]*#([^"]*)"/.exec(message) ?? []
  const what = message.replace(/^strict mode: /, '').replace(/ at "[^"]*".*$/, '')
  return [path, `is not accepted: ${what}`]
}

/** Says what is wrong with a value, in words that follow its name. */
export function describeError({ keyword, message, params }: ErrorObject): string {
  const name = (params as Record<string, unknown>)[parameterOf[keyword] ?? '']
  if (keyword === 'additionalProperties' || keyword === 'unevaluatedProperties')
    return `must not have the property ${shown(name)}`
  if (keyword === 'enum') return `must be one of ${shown(name)}`
  if (keyword === 'const') return `must be ${shown(name)}`
  return message ?? `does not match ${keyword}`
}

const parameterOf: Readonly<Record<string, string>> = {
  additionalProperties: 'additionalProperty',
  unevaluatedProperties: 'unevaluatedProperty',
  enum: 'allowedValues',
  const: 'allowedValue',
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined'
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}
