import { isObject } from './codegen-error.ts'
import { isCircular, isRecursive, listOf, resolve, type Schema } from './reference.ts'
import { docComment, literal, propertyName } from './source-text.ts'
import {
  anything,
  grouped,
  intersection,
  nothing,
  object,
  simple,
  type TypeText,
  union,
} from './type-text.ts'

/** A place in a schema. */
export interface Place {
  /** References are resolved from here. */
  root: Schema
  /** Gives the name of the type that is referred to. */
  nameOf: (target: Schema, ref: string, root: Schema) => string
  indent: string
  depth: number
  /** Counts the arrays around this, with no object between, and tells whether one of them is a tuple. */
  arrays: { count: number; hasTuple: boolean }
}

export const noArrays = { count: 0, hasTuple: false }

/** No person writes deeper schemas; one that comes must not exhaust the stack. */
const MAX_DEPTH = 100

/**
 * Makes TypeScript of a JSON Schema (2020-12, and earlier drafts). The type admits all that the schema admits:
 * what types cannot say, such as patterns, ranges and `not`, is left out. Nothing of the schema is taken as TypeScript.
 */
export function typeOf(schema: unknown, place: Place): TypeText {
  if (schema === false) return nothing
  if (!isObject(schema) || place.depth > MAX_DEPTH) return anything
  // References within a part that has an address of its own start from that part.
  const root = typeof schema.$id === 'string' ? schema : place.root
  const here = { ...place, root, depth: place.depth + 1 }
  const each = (parts: unknown) => listOf(parts).map((part) => typeOf(part, here))
  const alternatives = [schema.anyOf, schema.oneOf].map(each).filter((parts) => parts.length > 0)
  const combined = [...each(schema.allOf), ...alternatives.map(union)]
  if (typeof schema.$ref === 'string') combined.unshift(referenced(schema.$ref, here))
  return intersection([ownType(schema, here, combined.length > 0), ...combined])
}

/** Makes a comment of what the schema says for people. */
export function docOf(schema: unknown, indent: string, more: readonly string[] = []): string {
  const { title, description, deprecated } = isObject(schema) ? schema : {}
  const texts = [title, description].filter((text) => typeof text === 'string')
  return docComment([...texts, ...more, ...(deprecated === true ? ['@deprecated'] : [])], indent)
}

function referenced(ref: string, { root, nameOf, arrays }: Place): TypeText {
  const target = resolve(ref, root)
  if (target === false) return nothing
  if (!isObject(target) || isCircular(target, root)) return anything
  // TypeScript takes `type A = string | [B, ...[A][]]` for a circle, and `type A = string | [B, ...A[]]` for none.
  if (arrays.count > 1 && arrays.hasTuple && isRecursive(target, root)) return anything
  return simple(nameOf(target, ref, root))
}

const typeNames = ['string', 'number', 'integer', 'boolean', 'null', 'object', 'array'] as const
type TypeName = (typeof typeNames)[number]

/** Types what this level says by itself, beside the schemas that it combines. */
function ownType(schema: Schema, place: Place, isCombined: boolean): TypeText {
  const admitted = admittedTypes(schema)
  const values = 'const' in schema ? [schema.const] : Array.isArray(schema.enum) ? schema.enum : undefined
  if (values) return union(values.filter((value) => isAdmitted(value, admitted)).map(valueType))
  if (!admitted) return anything
  return union([...admitted].map((type) => plainType(type, schema, { place, isCombined })))
}

const ofObjects = ['properties', 'required', 'additionalProperties', 'patternProperties']
const ofArrays = ['items', 'prefixItems']

/**
 * Lists the JSON types that a schema admits; undefined for all. One that describes properties or items, and has no
 * `type`, means an object or an array.
 */
function admittedTypes(schema: Schema): ReadonlySet<TypeName> | undefined {
  const given = typeof schema.type === 'string' ? [schema.type] : listOf(schema.type)
  const named = typeNames.filter((type) => given.includes(type))
  if (named.length > 0) return new Set(schema.nullable === true ? [...named, 'null'] : named)
  if (ofObjects.some((keyword) => keyword in schema)) return new Set(['object'])
  if (ofArrays.some((keyword) => keyword in schema)) return new Set(['array'])
  return undefined
}

function isAdmitted(value: unknown, admitted: ReadonlySet<TypeName> | undefined): boolean {
  if (!admitted) return true
  if (value === null) return admitted.has('null')
  if (Array.isArray(value)) return admitted.has('array')
  if (typeof value === 'number')
    return admitted.has(Number.isInteger(value) ? 'integer' : 'number') || admitted.has('number')
  return admitted.has(typeof value as TypeName)
}

function plainType(
  type: TypeName,
  schema: Schema,
  { place, isCombined }: { place: Place; isCombined: boolean },
): TypeText {
  if (type === 'array') return arrayType(schema, place)
  if (type !== 'object') return simple(type === 'integer' ? 'number' : type)
  // A bare "object" would take in any property beside other schemas, which say what is in it.
  if (isCombined && !ofObjects.some((keyword) => keyword in schema)) return anything
  return objectType(schema, place)
}

function valueType(value: unknown): TypeText {
  if (typeof value === 'string') return simple(literal(value))
  if (typeof value === 'number') return simple(Number.isFinite(value) ? String(value) : 'number')
  if (Array.isArray(value)) return simple(`[${value.map((item) => valueType(item).text).join(', ')}]`)
  if (!isObject(value)) return simple(String(value))
  const members = Object.entries(value).map(
    ([name, item]) => `${propertyName(name)}: ${valueType(item).text}`,
  )
  return object(members.length > 0 ? `{ ${members.join('; ')} }` : '{ [name: string]: never }')
}

function objectType(schema: Schema, place: Place): TypeText {
  const inner = { ...place, indent: `${place.indent}  `, arrays: noArrays }
  const properties = isObject(schema.properties) ? schema.properties : {}
  const required = new Set(listOf(schema.required).filter((name) => typeof name === 'string'))
  const named: TypeText[] = []
  const members = [...new Set([...Object.keys(properties), ...required])].map((name) => {
    const property = Object.hasOwn(properties, name) ? properties[name] : true
    const type = typeOf(property, inner)
    named.push(type)
    if (!required.has(name)) named.push(simple('undefined'))
    const mark = required.has(name) ? '' : '?'
    return `${docOf(property, inner.indent)}${inner.indent}${propertyName(name)}${mark}: ${type.text}\n`
  })
  const others = otherProperties(schema, inner, members.length === 0)
  // TypeScript wants the named properties to fit there too.
  if (others) members.push(`${inner.indent}[name: string]: ${union([others, ...named]).text}\n`)
  return object(`{\n${members.join('')}${place.indent}}`)
}

/** Types the properties that the schema does not name; undefined leaves them out, so that a slip in a name is found. */
function otherProperties(schema: Schema, place: Place, isNameless: boolean): TypeText | undefined {
  const { additionalProperties, patternProperties } = schema
  const byPattern = isObject(patternProperties) ? Object.values(patternProperties) : []
  if (byPattern.length === 0) {
    if (additionalProperties === undefined) return isNameless ? anything : undefined
    if (additionalProperties === false) return isNameless ? nothing : undefined
  }
  return union([...byPattern, additionalProperties ?? true].map((part) => typeOf(part, place)))
}

function arrayType(schema: Schema, place: Place): TypeText {
  const { items, prefixItems, additionalItems, minItems } = schema
  const first = listOf(Array.isArray(items) ? items : prefixItems)
  const rest = Array.isArray(items) ? additionalItems : items
  const arrays = { count: place.arrays.count + 1, hasTuple: place.arrays.hasTuple || first.length > 0 }
  const inner = { ...place, arrays }
  const others = grouped(typeOf(rest ?? true, inner))
  if (first.length === 0) return simple(`${others}[]`)
  const count = typeof minItems === 'number' ? minItems : 0
  const elements = first.map((item, index) => {
    const type = grouped(typeOf(item, inner))
    return index < count ? type : `${type}?`
  })
  return simple(`[${[...elements, ...(rest === false ? [] : [`...${others}[]`])].join(', ')}]`)
}
