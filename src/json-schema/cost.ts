import { isJsonObject, type JsonObject, resolvePointer } from './json.ts'
import { LinearPattern } from './linear-pattern.ts'
import { subschemas } from './walk.ts'

/** How long a check may take. */
export interface Cost {
  /** Steps for each character of a document, at the most; of some nanoseconds each. */
  steps: number
  /** A part of the schema is used within itself: the steps are those of one level of the document. */
  isRecursive: boolean
}

/** Of their schemas only one speaks of a value, and of this value alone. */
const alternatives: ReadonlySet<string> = new Set([
  'properties',
  'prefixItems',
  'items',
  'additionalProperties',
  'unevaluatedItems',
  'unevaluatedProperties',
])
const definitions: ReadonlySet<string> = new Set(['$defs', 'definitions'])
/** Each item is written out, with its properties in order. */
const UNIQUE_STEPS = 10

/** What it costs to check documents by a schema whose references lead somewhere. */
export function costOf(document: JsonObject): Cost {
  const known = new Map<JsonObject, number>()
  const open = new Set<JsonObject>()
  let isRecursive = false

  const stepsOf = (schema: unknown): number => {
    if (!isJsonObject(schema)) return 1
    if (open.has(schema)) {
      isRecursive = true
      return 1
    }
    const before = known.get(schema)
    if (before !== undefined) return before
    open.add(schema)
    let steps = ownSteps(schema)
    let most = 0
    for (const [inner, path] of subschemas(schema, '')) {
      const keyword = path.split('/')[1] ?? ''
      if (definitions.has(keyword)) continue
      if (alternatives.has(keyword)) most = Math.max(most, stepsOf(inner))
      else steps += stepsOf(inner)
    }
    if (typeof schema.$ref === 'string') steps += stepsOf(resolvePointer(document, schema.$ref.slice(1)))
    open.delete(schema)
    known.set(schema, steps + most)
    return steps + most
  }
  return { steps: stepsOf(document), isRecursive }
}

const namedValues = ['required', 'enum', 'const', 'dependentRequired'] as const
const namedSchemas = ['properties', 'patternProperties', 'dependentSchemas', 'prefixItems'] as const

/** Of a schema without those within it: what it names may be looked for in each value. */
function ownSteps(schema: JsonObject): number {
  let steps = 1 + Object.keys(schema).length
  for (const keyword of namedValues) steps += countValues(schema[keyword])
  for (const keyword of namedSchemas) steps += Object.keys(schema[keyword] ?? {}).length
  for (const pattern of patternsOf(schema)) steps += new LinearPattern(pattern).size
  return schema.uniqueItems === true ? steps + UNIQUE_STEPS : steps
}

function countValues(value: unknown): number {
  if (typeof value !== 'object' || value === null) return value === undefined ? 0 : 1
  return Object.values(value).reduce((count: number, inner) => count + countValues(inner), 1)
}

function patternsOf({ pattern, patternProperties }: JsonObject): string[] {
  return [
    ...(typeof pattern === 'string' ? [pattern] : []),
    ...(isJsonObject(patternProperties) ? Object.keys(patternProperties) : []),
  ]
}
