import fc from 'fast-check'
import {
  type GraphQLInputType,
  getVariableValues,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  parse,
} from 'graphql'
import { describe, expect, test } from 'vitest'
import { coerceVariables, readVariables } from '../../src/operations/coerce-variables.ts'
import { createPgqSchema } from '../../src/schema/index.ts'

const schema = createPgqSchema()
const inputTypes = Object.values(schema.getTypeMap()).filter(isInputObjectType)

function variablesOf(definitions: string) {
  const [operation] = parse(`query (${definitions}) { __typename }`).definitions
  const nodes = (operation as OperationDefinitionNode).variableDefinitions ?? []
  return { nodes, variables: readVariables(nodes, schema, new Map()) }
}

/** Values that mostly fit a type, and sometimes do not at all. */
function valuesOf(type: GraphQLInputType, depth = 0): fc.Arbitrary<unknown> {
  const odd = fc.oneof(
    fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 2 ** 60, '', '7', 'x', {}, [], [null], { a: 1 }),
    fc.string(),
  )
  const fitting = (): fc.Arbitrary<unknown> => {
    if (isNonNullType(type)) return valuesOf(type.ofType, depth)
    if (isListType(type)) {
      const item = valuesOf(type.ofType, depth + 1)
      return fc.oneof(fc.array(item, { maxLength: 3 }), item)
    }
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).map((field) => [
        field.name,
        valuesOf(field.type, depth + 1),
      ])
      return fc.record(Object.fromEntries(fields), { requiredKeys: [] })
    }
    if (isEnumType(type)) return fc.constantFrom(...type.getValues().map(({ name }) => name))
    switch (type.name) {
      case 'Boolean':
        return fc.boolean()
      case 'Int':
        return fc.integer()
      case 'Float':
        return fc.double({ noNaN: true, noDefaultInfinity: true })
      case 'BigInt':
        return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)
      case 'DateTime':
        return fc.constant('2026-11-21T19:30:00Z')
      case 'JSON':
        return fc.jsonValue()
      default:
        return fc.string({ unit: 'grapheme' })
    }
  }
  return fc.oneof({ weight: 12, arbitrary: fitting() }, { weight: 1, arbitrary: odd })
}

const isUnstorable = (text: string) => /must not contain a NUL|must be well-formed/.test(text)

describe('variables are coerced as graphql coerces them', () => {
  test.each(inputTypes.map((type) => [type.name, type] as const))('%s', (name, type) => {
    const { nodes, variables } = variablesOf(`$input: ${name}!, $list: [${name}!], $with: Int = 7`)
    const given = fc.record(
      { input: valuesOf(type), list: fc.array(valuesOf(type), { maxLength: 2 }), with: fc.constant(8) },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(given, (values) => {
        const expected = getVariableValues(schema, nodes, values)
        const coerced = coerceVariables(variables, values)
        if ('errors' in coerced) {
          if (coerced.errors.every(({ message }) => isUnstorable(message))) return
          expect(expected.errors, coerced.errors.map(String).join()).toBeDefined()
          for (const { extensions } of coerced.errors) expect(extensions.code).toBe('BAD_INPUT')
        } else {
          expect(expected.errors?.map(String)).toBeUndefined()
          expect(JSON.stringify(sorted(coerced.values))).toBe(JSON.stringify(sorted(expected.coerced)))
        }
      }),
      { numRuns: 200 },
    )
  })
})

/** Keys in one order: graphql goes by the type's fields, and ours by the value's. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]))
}

test('a value in which nothing changes stays the same object', () => {
  const { variables } = variablesOf('$events: [EventInput!]!')
  const events = Array.from({ length: 1_000 }, (_, n) => ({ type: 'x', json: { n } }))
  const coerced = coerceVariables(variables, { events })
  expect('values' in coerced && coerced.values.events).toBe(events)
})

test('a thousand faults are told in a few errors', () => {
  const { variables } = variablesOf('$events: [EventInput!]!')
  const coerced = coerceVariables(variables, { events: Array.from({ length: 1_000 }, () => 7) })
  expect('errors' in coerced && coerced.errors).toHaveLength(20)
})

test('what a fault says does not grow with the value', () => {
  const { variables } = variablesOf('$n: Int!')
  const coerced = coerceVariables(variables, { n: 'x'.repeat(1_000_000) })
  const [error] = 'errors' in coerced ? coerced.errors : []
  expect(error?.message.length).toBeLessThan(1_000)
  expect(error?.nodes?.[0]?.kind).toBe(Kind.VARIABLE_DEFINITION)
})
