import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkSchema } from '../../src/json-schema/check-schema.ts'
import { CompiledSchema, checkDocuments } from '../../src/json-schema/compiled-schema.ts'
import type { JsonObject } from '../../src/json-schema/json.ts'
import { parseSchema } from '../../src/json-schema/parse-schema.ts'
import { isRecursive } from '../../src/json-schema/recursion.ts'
import { SchemaError } from '../../src/json-schema/schema-error.ts'
import { TimeBudget } from '../../src/json-schema/time-budget.ts'

const references = ['#/$defs/a', '#/$defs/b~1c', '#/$defs/a/properties/x'].map(($ref) => ({ $ref }))
const scalars = [{ type: 'null' }, { type: 'integer' }, { const: 1 }, { enum: ['p', 1] }, true, {}]

/** Generates schemas that lead back to `$defs`. */
const { schema } = fc.letrec<{ schema: object | boolean; object: object }>((tie) => {
  const two = fc.array(tie('schema'), { minLength: 1, maxLength: 2 })
  return {
    schema: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(...references, ...scalars),
      tie('object'),
      fc.record({ type: fc.constant('array'), items: tie('schema') }),
      two.map((anyOf) => ({ anyOf })),
      two.map((oneOf) => ({ oneOf })),
      two.map((allOf) => ({ allOf })),
      tie('schema').map((not) => ({ not })),
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      fc.tuple(tie('schema'), tie('schema'), tie('schema')).map(([a, b, c]) => ({ if: a, then: b, else: c })),
    ),
    object: fc.record(
      {
        type: fc.constant('object'),
        properties: fc.record({ x: tie('schema'), y: tie('schema') }),
        required: fc.constantFrom(['x'], ['y']),
        additionalProperties: fc.constantFrom(false, { $ref: '#' }),
      },
      { requiredKeys: ['type', 'properties'] },
    ),
  }
})
const object = fc.record({ x: schema, y: schema }).map((properties) => ({ type: 'object', properties }))
const document = fc.tuple(schema, object, schema).map(([anyOf, a, b]) => ({
  anyOf: [anyOf, { $ref: '#/$defs/a' }],
  $defs: { a, 'b/c': b },
}))

const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, 1, 2, 'p'),
    fc.record({ x: tie('value'), y: tie('value'), z: tie('value') }, { requiredKeys: [] }),
    fc.array(tie('value'), { maxLength: 2 }),
  ),
}))

test('a schema that is used within itself means what it means without remembering', () => {
  let compared = 0
  const verdicts = new Set<boolean>()
  const property = fc.property(
    document,
    fc.array(value, { minLength: 1, maxLength: 5 }),
    (schema, values) => {
      if (isRefused(schema)) return
      const plain = new Ajv2020({ strict: false, logger: false }).compile(schema)
      const compiled = new CompiledSchema(schema)
      for (const each of values) {
        const expected = orNull(() => plain(each))
        // A null means that the parts refer to each other for ever, for the same value.
        if (expected === null) continue
        compared++
        verdicts.add(expected)
        const text = JSON.stringify(each)
        const [fault] = checkDocuments([{ schema: compiled, text }], new TimeBudget(5_000))
        expect([schema, each, fault === null]).toEqual([schema, each, expected])
      }
    },
  )
  fc.assert(property, { numRuns: 100 })
  expect(compared).toBeGreaterThan(100)
  expect(verdicts.size).toBe(2)
})

/** Tells whether a schema is refused, such as for references that only lead to themselves. */
function isRefused(schema: object): boolean {
  try {
    checkSchema(schema as JsonObject)
    return false
  } catch (error) {
    if (error instanceof SchemaError) return true
    throw error
  }
}

function orNull<Result>(work: () => Result): Result | null {
  try {
    return work()
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

test('choices between parts that lead to the next level do not double the time at each', () => {
  const node = (name: string) => ({
    type: 'object',
    properties: { next: { $ref: '#' }, [name]: { const: 1 } },
    required: [name],
  })
  const compiled = new CompiledSchema(parseSchema({ anyOf: [node('x'), node('y')] }))
  const nested = (inner: string) => `${'{"x":1,"y":2,"next":'.repeat(200)}${inner}${'}'.repeat(200)}`
  expect(compiled.faultOf(nested('{"y":1}'))).toBeNull()
  const fault = compiled.faultOf(nested('{"y":2}'))
  expect(fault).toEqual({ path: '/next'.repeat(200), what: "must have required property 'x'" })
})

test('where a fault is, is said from the beginning of each document anew', () => {
  const compiled = new CompiledSchema({
    type: 'object',
    properties: { 'a/b': { $ref: '#' }, id: { type: 'integer' } },
  })
  for (const path of ['/a~1b/a~1b/id', '/id', '/a~1b/id']) {
    const levels = path.split('a~1b').length - 1
    const text = `${'{"a/b":'.repeat(levels)}{"id":"x"}${'}'.repeat(levels)}`
    expect(compiled.faultOf(text)).toEqual({ path, what: 'must be integer' })
  }
})

test.each([
  ['without references', { items: {} }, false],
  [
    'whose parts are used twice',
    { properties: { a: { $ref: '#/$defs/a' }, b: { $ref: '#/$defs/a' } }, $defs: { a: {} } },
    false,
  ],
  [
    'whose parts are used once in each other',
    { $ref: '#/$defs/a', $defs: { a: { items: { $ref: '#/$defs/b' } }, b: {} } },
    false,
  ],
  ['that is used within itself', { items: { $ref: '#' } }, true],
  [
    'of which a part is used within itself',
    { $ref: '#/$defs/a', $defs: { a: { not: { $ref: '#/$defs/a' } } } },
    true,
  ],
])('a schema %s is told from others', (_, schema, expected) => {
  expect(isRecursive(schema)).toBe(expected)
})
