import { describe, expect, test } from 'vitest'
import { CompiledSchema } from '../../src/json-schema/compiled-schema.ts'
import { costOf } from '../../src/json-schema/cost.ts'
import { parseSchema } from '../../src/json-schema/parse-schema.ts'
import { TimeBudget } from '../../src/json-schema/time-budget.ts'

const budget = () => new TimeBudget(200)

/** Measures processor time, which other load does not change. */
function msSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

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
    const text = '{"a/b":["x",1,"y"]}'
    const first = schema.faultOf(text, budget())
    expect(first).toMatchObject({ path: '/a~1b/0' })
    expect(first && schema.faultsOf(text, first)).toEqual([
      { path: '/a~1b/0', what: 'must be integer' },
      { path: '/a~1b/2', what: 'must be integer' },
    ])
  })

  test('that is nested deeper than the stack is at fault, and nothing worse', () => {
    const schema = new CompiledSchema({ type: 'array', items: { $ref: '#' } })
    const text = '['.repeat(100_000) + ']'.repeat(100_000)
    expect(schema.faultOf(text, new TimeBudget(5_000))).toMatchObject({
      what: expect.stringMatching(/nested too deeply|too long/),
    })
    expect(schema.faultOf('[[]]', budget())).toBeNull()
  })
})

describe('a check takes no longer than its document is long', () => {
  const long = JSON.stringify('a'.repeat(50_000))
  const objects = JSON.stringify(Array.from({ length: 20_000 }, (_, id) => ({ id, same: 'x'.repeat(20) })))
  test.each([
    [
      'of a repeated repetition',
      { type: 'string', pattern: '(a+)+$' },
      JSON.stringify(`${'a'.repeat(50_000)}b`),
    ],
    [
      'of a repeated choice',
      { type: 'string', pattern: '^(?:a|a)*$' },
      JSON.stringify(`${'a'.repeat(50_000)}b`),
    ],
    [
      'of a choice that is made 30 times',
      { type: 'string', pattern: '^(?:a|a){30}$' },
      JSON.stringify('a'.repeat(31)),
    ],
    [
      'of things that may be there',
      { type: 'string', pattern: `^${'a?'.repeat(99)}${'a'.repeat(99)}$` },
      JSON.stringify('a'.repeat(98)),
    ],
    ['of many repetitions', { type: 'string', pattern: '^a*a*a*a*a*a*a*b$' }, long],
    ['of a repetition anywhere', { type: 'string', pattern: 'a+b' }, long],
    ['of a repetition that is looked for', { type: 'string', pattern: '(?=a*b)(?<!c.*)d' }, long],
    [
      'of names of properties',
      { type: 'object', patternProperties: { '(a+)+$': {} }, additionalProperties: false },
      `{${long.slice(0, -1)}b":1}`,
    ],
    ['of unique objects', { type: 'array', uniqueItems: true, items: {} }, objects],
  ])('%s', (_, schema, text) => {
    const compiled = new CompiledSchema(parseSchema(schema))
    const fault = compiled.faultOf(text, new TimeBudget(5_000))
    expect(fault?.what ?? null).not.toBe('takes too long to check')
  })

  test.each([
    ['unlike numbers', '[1,2,"1",[1],{"a":1}]', null],
    [
      'objects in another order',
      '[{"a":1,"b":2},{"b":2,"a":1}]',
      'must not have equal items, as 0 and 1 are',
    ],
    ['zeros', '[0,1,-0.0]', 'must not have equal items, as 0 and 2 are'],
    ['objects within', '[[{"a":[]}],[{"a":[]}]]', 'must not have equal items, as 0 and 1 are'],
  ])('and finds equal items as JSON has them: %s', (_, text, what) => {
    const unique = new CompiledSchema({ type: 'array', uniqueItems: true })
    expect(unique.faultOf(text, budget())?.what ?? null).toBe(what)
    expect(new CompiledSchema({ type: 'array', uniqueItems: false }).faultOf(text, budget())).toBeNull()
  })

  test('and two patterns of one schema are two', () => {
    const schema = new CompiledSchema({
      type: 'object',
      properties: { a: { type: 'string', pattern: '^a$' }, b: { type: 'string', pattern: '^b$' } },
    })
    expect(schema.faultOf('{"a":"a","b":"b"}', budget())).toBeNull()
    expect(schema.faultOf('{"a":"a","b":"a"}', budget())).toEqual({
      path: '/b',
      what: 'must match pattern "^b$"',
    })
  })
})

describe('a check that would take for ever', () => {
  const choices = {
    $ref: '#/$defs/n',
    $defs: {
      n: {
        anyOf: ['x', 'y'].map((name) => ({
          type: 'object',
          properties: { next: { $ref: '#/$defs/n' }, [name]: { const: 1 } },
          required: [name],
          // This keyword prevents remembered results.
          unevaluatedProperties: true,
        })),
      },
    },
  }
  const nested = `${'{"x":2,"y":2,"next":'.repeat(40)}{}${'}'.repeat(40)}`

  test('is ended, and with it all that has the same budget', () => {
    const compiled = new CompiledSchema(parseSchema(choices))
    const given = budget()
    const start = process.cpuUsage()
    expect(compiled.faultOf(nested, given)).toEqual({ path: '', what: 'takes too long to check' })
    expect(msSince(start)).toBeLessThan(2_000)
    expect(given.isSpent).toBe(true)
    const second = process.cpuUsage()
    expect(compiled.faultOf(nested, given)).toEqual({ path: '', what: 'takes too long to check' })
    expect(new CompiledSchema({ type: 'number' }).faultOf('1', given)).not.toBeNull()
    expect(msSince(second)).toBeLessThan(100)
    expect(compiled.faultOf('{"x":1}', budget())).toBeNull()
  })

  test('is not made again to explain what is wrong', () => {
    const compiled = new CompiledSchema(parseSchema(choices))
    const first = { path: '', what: 'takes too long to check' }
    expect(compiled.faultsOf(nested, first)).toEqual([first])
  })
})

describe('a budget of time', () => {
  test('hands on what is thrown, and can be used again after it has cut off', () => {
    expect(() =>
      budget().run(() => {
        throw new TypeError('mine')
      }),
    ).toThrow(new TypeError('mine'))
    expect(
      new TimeBudget(10).run(() => {
        for (;;);
      }),
    ).toBe(false)
    let done = false
    expect(
      budget().run(() => {
        done = true
      }),
    ).toBe(true)
    expect(done).toBe(true)
  })

  test('is not spent while the processor does something else', () => {
    const given = new TimeBudget(100)
    let runs = 0
    const isDone = given.run(() => {
      // The first run sleeps until long after the budget.
      if (++runs === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
    })
    expect({ isDone, isSpent: given.isSpent }).toEqual({ isDone: true, isSpent: false })
  })
})

const pattern = '^\\d{3}$'

test.each([
  ['a bare type', { type: 'string' }, 2, false],
  ['a pattern used twice, in turn', { properties: { a: { pattern }, b: { pattern } } }, 12, false],
  ['a pattern used twice, at once', { allOf: [{ pattern }, { pattern }] }, 18, false],
  ['listed values', { enum: [1, [2, 3], { a: 4 }] }, 9, false],
  ['unused definitions', { $defs: { a: { pattern } } }, 2, false],
  ['itself', { items: { $ref: '#' } }, 5, true],
] as const)('the steps for a character count %s', (_, schema, steps, isRecursive) => {
  expect(costOf(schema)).toEqual({ steps, isRecursive })
})
