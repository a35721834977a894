import { describe, expect, test } from 'vitest'
import { PgqError } from '../../src/errors.ts'
import { parseSchema } from '../../src/json-schema/parse-schema.ts'

const string = { type: 'string' }
const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])

describe('a schema that can be registered', () => {
  test.each([
    ['is empty', {}],
    ['says which draft it is of', { $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'null' }],
    ['has a name', { $id: 'https://example.com/order', $ref: '#/$defs/a', $defs: { a: string } }],
    ['refers to itself', { type: 'object', properties: { next: { $ref: '#' } } }],
    ['refers to an escaped name', { $ref: '#/$defs/a~1b%20c', $defs: { 'a/b c': string } }],
    ['has types as a list', { type: ['string', 'null'] }],
    [
      'is a union by a property',
      { oneOf: [{ type: 'object', properties: { kind: { const: 'a' } }, required: ['kind'] }] },
    ],
    [
      'asks for one of two properties',
      {
        type: 'object',
        properties: { a: string, b: string },
        anyOf: [{ required: ['a'] }, { required: ['b'] }],
      },
    ],
    [
      'has a keyword as the name of a property',
      { type: 'object', properties: { requred: string, $ref: string } },
    ],
    [
      'has anything as values and examples',
      { enum: [{ requred: 1 }], examples: [{ $ref: 'x' }], default: { a: nested(50) } },
    ],
    ['has a pattern', { type: 'string', pattern: '^(?:[a-z]{2,4}-)?\\d+(?:\\.\\d+)?$' }],
    ['wants unique strings', { type: 'array', items: string, uniqueItems: true }],
    ['wants unique items of any kind', { type: 'array', uniqueItems: true }],
    ['has formats', { type: 'string', format: 'date-time' }],
  ])('%s', (_, schema) => {
    expect(parseSchema(schema)).toBe(schema)
  })
})

describe('a schema is refused', () => {
  test.each([
    ['that is no object', true, /is a JSON object/],
    ['that is a list', [], /is a JSON object/],
    ['with a misspelt keyword', { type: 'object', requred: ['a'] }, /: \/requred is not a keyword/],
    ['with one deep inside', { $defs: { a: { items: { typ: 'x' } } } }, /: \/\$defs\/a\/items\/typ is not/],
    ['with a misspelt type', { type: 'strnig' }, /: \/type must be/],
    [
      'with a keyword that has no value of its kind',
      { type: 'object', properties: [] },
      /: \/properties must be object/,
    ],
    ['of another draft', { $schema: 'http://json-schema.org/draft-07/schema#' }, /: \/\$schema must be/],
    [
      'with a reference to elsewhere',
      { $ref: 'https://example.com/schema' },
      /: \/\$ref must be a JSON pointer/,
    ],
    ['with a reference to a file', { $ref: 'other.json#/a' }, /: \/\$ref must be a JSON pointer/],
    ['with a reference to nothing', { $ref: '#/$defs/a' }, /: \/\$ref points to nothing/],
    ['with a reference to what is inherited', { $ref: '#/constructor' }, /: \/\$ref points to nothing/],
    [
      'with a reference to what is no schema',
      { $ref: '#/examples/0', examples: [{ pattern: '(a+)+' }] },
      /not a schema/,
    ],
    ['with a reference to itself alone', { $ref: '#' }, /: \/\$ref leads back to itself/],
    [
      'with references in a circle',
      { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } },
      /leads back/,
    ],
    ['with an anchor', { $anchor: 'a' }, /: \/\$anchor is not a keyword/],
    ['with a dynamic reference', { $dynamicRef: '#a' }, /: \/\$dynamicRef is not a keyword/],
    [
      'with another name inside',
      { properties: { a: { $id: 'b' } }, type: 'object' },
      /: \/properties\/a\/\$id stands at/,
    ],
    [
      'with an unknown format',
      { type: 'string', format: 'colour' },
      /: \/ is not accepted: unknown format "colour"/,
    ],
    ['with a range for a string', { type: 'string', minimum: 1 }, /: \/ is not accepted: .*minimum/],
    [
      'with properties of no object',
      { type: 'object', properties: { a: { properties: {} } } },
      /: \/properties\/a is not accepted: .*properties/,
    ],
    [
      'with a required property that is not named',
      { type: 'object', properties: { total: {} }, required: ['totl'] },
      /totl/,
    ],
    [
      'with a pattern that is none',
      { type: 'string', pattern: '(' },
      /: \/pattern Invalid regular expression/,
    ],
    ['with a pattern that refers back', { type: 'string', pattern: '(a)\\1' }, /: \/pattern refers back/],
    [
      'with a long pattern',
      { type: 'string', pattern: 'a'.repeat(501) },
      /: \/pattern is a pattern of more than 500/,
    ],
    ['with a pattern that refers back by name', { pattern: '(?<n>a)\\k<n>' }, /: \/pattern refers back/],
    ['with a pattern of too many repetitions', { pattern: '(?:a{100}){60}' }, /: \/pattern repeats too much/],
    [
      'with a pattern that looks ahead',
      { items: { pattern: '^(?=a)' } },
      /: \/items\/pattern looks ahead .* allOf/,
    ],
    [
      'with a name of properties that looks ahead',
      { patternProperties: { '^(?!x/)': {} } },
      /: \/patternProperties\/\^\(\?!x~1\) looks ahead/,
    ],
    [
      'with too many patterns that repeat much',
      { anyOf: [...'abcdefghijklmnopqrstu'].map((letter) => ({ pattern: `${letter}{1000}` })) },
      /: \/anyOf\/19\/pattern is one of too many/,
    ],
    [
      'with a property that JavaScript has of its own',
      { type: 'object', properties: JSON.parse('{"__proto__": {}}') },
      /__proto__/,
    ],
    ['that is nested too deeply', { default: nested(200) }, /nested deeper than 128/],
    [
      'that is nested far too deeply',
      { default: JSON.parse('['.repeat(30_000) + ']'.repeat(30_000)) },
      /nested/,
    ],
    ['of more than 64 kB', { description: 'x'.repeat(65_536) }, /has \d+ bytes, at most 65536/],
  ])('%s', (_, schema, message) => {
    const error = errorOf(() => parseSchema(schema))
    expect(error).toBeInstanceOf(PgqError)
    expect(error).toMatchObject({
      code: 'BAD_INPUT',
      field: 'schema',
      message: expect.stringMatching(message),
    })
  })
})

function errorOf(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return undefined
}
