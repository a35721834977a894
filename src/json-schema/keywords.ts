/** What is known of the keywords of JSON Schema 2020-12 that a registered schema may use; others are refused. */

/** They hold a schema. */
export const schemaKeywords = [
  'items',
  'contains',
  'additionalProperties',
  'propertyNames',
  'unevaluatedItems',
  'unevaluatedProperties',
  'not',
  'if',
  'then',
  'else',
] as const

/** They hold a list of schemas. */
export const schemaListKeywords = ['prefixItems', 'allOf', 'anyOf', 'oneOf'] as const

/** They hold schemas by name. */
export const schemaMapKeywords = [
  'properties',
  'patternProperties',
  'dependentSchemas',
  '$defs',
  'definitions',
] as const

/** They say something about a schema, and nothing about a value. */
export const annotations = [
  '$schema',
  '$id',
  '$comment',
  '$defs',
  'definitions',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
] as const

/** They narrow the values of a type without changing what the type is called in TypeScript. */
export const constraints = [
  'minLength',
  'maxLength',
  'pattern',
  'format',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'uniqueItems',
  'minContains',
  'maxContains',
  'maxItems',
  'minProperties',
  'maxProperties',
  'contentEncoding',
  'contentMediaType',
] as const

const others = ['$ref', 'type', 'enum', 'const', 'required', 'dependentRequired', 'minItems'] as const

export const knownKeywords: ReadonlySet<string> = new Set([
  ...schemaKeywords,
  ...schemaListKeywords,
  ...schemaMapKeywords,
  ...annotations,
  ...constraints,
  ...others,
])
