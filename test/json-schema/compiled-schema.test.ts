import { describe, expect, test } from 'vitest'
import { CompiledSchema } from '../../src/json-schema/compiled-schema.ts'
import { costExponent } from '../../src/json-schema/cost.ts'
import { runBounded } from '../../src/json-schema/run-bounded.ts'

const budget = () => ({ remainingMs: 200 })

describe('a document', () => {
  test.each([
    ['an infinite number', { type: 'number' }, '1e999', 'must be number'],
    [
      'what only Object.prototype has',
      { type: 'object', properties: { toString: {} }, required: ['toString'] },
      '{}',
      'must have',
    ],
    [
      'a property too many',
      { type: 'object', additionalProperties: false },
      '{"a":1}',
      'must not have the property "a"',
    ],
    ['another value', { enum: ['a', 'b'] }, '"c"', 'must be one of ["a","b"]'],
    ['another constant', { const: 7 }, '8', 'must be 7'],
    [
      'a date that does not exist',
      { type: 'string', format: 'date' },
      '"2026-02-30"',
      'must match format "date"',
    ],
  ])('is at fault for %s', (_, schema, text, what) => {
    expect(new CompiledSchema(schema).faultOf(text, budget())).toMatchObject({
      what: expect.stringContaining(what),
    })
  })

  test('is matched by characters, not by UTF-16 units', () => {
    const schema = new CompiledSchema({ type: 'string', pattern: '^.$', maxLength: 1 })
    expect(schema.faultOf('"💡"', budget())).toBeNull()
  })

  test('says where its faults are, as JSON pointers', () => {
    const schema = new CompiledSchema({
      type: 'object',
      properties: { 'a/b': { type: 'array', items: { type: 'integer' } } },
    })
    expect(schema.faultsOf('{"a/b":["x",1,"y"]}', budget())).toEqual([
      { path: '/a~1b/0', what: 'must be integer' },
      { path: '/a~1b/2', what: 'must be integer' },
    ])
  })

  test('that is nested deeper than the stack is at fault, and nothing worse', () => {
    const schema = new CompiledSchema({ type: 'array', items: { $ref: '#' } })
    const text = '['.repeat(100_000) + ']'.repeat(100_000)
    expect(schema.faultOf(text, { remainingMs: 5_000 })).toMatchObject({
      what: expect.stringMatching(/nested too deeply|too long/),
    })
    expect(schema.faultOf('[[]]', budget())).toBeNull()
  })
})

describe('a check that would take for ever', () => {
  const slow = [
    ['a pattern', { type: 'string', pattern: '^a*a*a*a*a*b$' }, JSON.stringify('a'.repeat(5_000))],
    [
      'choices within choices',
      {
        $ref: '#/$defs/n',
        $defs: {
          n: {
            anyOf: ['x', 'y'].map((name) => ({
              type: 'object',
              properties: { next: { $ref: '#/$defs/n' }, [name]: { const: 1 } },
              required: [name],
            })),
          },
        },
      },
      `${'{"x":2,"y":2,"next":'.repeat(40)}{}${'}'.repeat(40)}`,
    ],
  ] as const

  test.each(slow)('of %s is ended, and the budget with it', (_, schema, text) => {
    const compiled = new CompiledSchema(schema)
    const given = budget()
    const start = performance.now()
    expect(compiled.faultOf(text, given)).toEqual({ path: '', what: 'takes too long to check' })
    expect(performance.now() - start).toBeLessThan(2_000)
    expect(given.remainingMs).toBeLessThanOrEqual(0)
    const second = performance.now()
    expect(compiled.faultOf(text, given)).toEqual({ path: '', what: 'takes too long to check' })
    expect(performance.now() - second).toBeLessThan(100)
    expect(compiled.faultOf('"b"', budget())?.what ?? null).not.toBe('takes too long to check')
  })
})

test('a bounded run hands on what is thrown, and can be used again after it was cut off', () => {
  expect(() =>
    runBounded(() => {
      throw new TypeError('mine')
    }, 100),
  ).toThrow(new TypeError('mine'))
  expect(
    runBounded(() => {
      for (;;);
    }, 10),
  ).toBe(false)
  let done = false
  expect(
    runBounded(() => {
      done = true
    }, 100),
  ).toBe(true)
  expect(done).toBe(true)
})

test.each([
  [
    1,
    {
      type: 'object',
      properties: { a: { $ref: '#/$defs/a' }, b: { $ref: '#/$defs/a' } },
      $defs: { a: { pattern: '^\\d{3}$' } },
    },
  ],
  [3, { type: 'string', pattern: '^a+b*$' }],
  [2, { patternProperties: { '^x+': {} } }],
  [2, { uniqueItems: true }],
  [Number.POSITIVE_INFINITY, { type: 'array', items: { $ref: '#' } }],
])('a check may take the length of the document to the power of %d', (exponent, schema) => {
  expect(costExponent(schema)).toBe(exponent)
})
