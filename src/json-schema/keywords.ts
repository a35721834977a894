// A registered schema may use these keywords of JSON Schema 2020-12, and no others.

/** Lists the keywords that hold a schema. */
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

/** Lists the keywords that hold a list of schemas. */
export const schemaListKeywords = ['prefixItems', 'allOf', 'anyOf', 'oneOf'] as const

/** Lists the keywords that hold schemas by name. */
export const schemaMapKeywords = [
  'properties',
  'patternProperties',
  'dependentSchemas',
  '$defs',
  'definitions',
] as const

/** Lists the keywords that say something about a schema, and nothing about a value. */
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

/** Lists the keywords that narrow the values of a type without changing its name in TypeScript. */
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
