import { describe, expect, test } from 'vitest'
import { CompiledSchema, checkDocuments } from '../../src/json-schema/compiled-schema.ts'
import { parseSchema } from '../../src/json-schema/parse-schema.ts'
import { TimeBudget } from '../../src/json-schema/time-budget.ts'

/** Measures processor time, whatever else the machine does. */
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
    expect(new CompiledSchema(schema).faultOf(text)).toMatchObject({
      what: expect.stringContaining(what),
    })
  })

  test('is matched by characters, not by UTF-16 units', () => {
    const schema = new CompiledSchema({ type: 'string', pattern: '^.$', maxLength: 1 })
    expect(schema.faultOf('"💡"')).toBeNull()
  })

  test('says where its faults are, as JSON pointers', () => {
    const schema = new CompiledSchema({
      type: 'object',
      properties: { 'a/b': { type: 'array', items: { type: 'integer' } } },
    })
    const text = '{"a/b":["x",1,"y"]}'
    const first = schema.faultOf(text)
    expect(first).toMatchObject({ path: '/a~1b/0' })
    expect(first && schema.faultsOf(text, first, new TimeBudget())).toEqual([
      { path: '/a~1b/0', what: 'must be integer' },
      { path: '/a~1b/2', what: 'must be integer' },
    ])
  })

  test('that is nested deeper than the stack is at fault, and nothing worse', () => {
    const schema = new CompiledSchema({ type: 'array', items: { $ref: '#' } })
    const text = '['.repeat(100_000) + ']'.repeat(100_000)
    expect(schema.faultOf(text)).toMatchObject({
      what: expect.stringMatching(/nested too deeply/),
    })
    expect(schema.faultOf('[[]]')).toBeNull()
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
    ['of a repetition behind', { type: 'string', pattern: '(?<=b.*a*)(?<!c.*)d' }, long],
    [
      'of names of properties',
      { type: 'object', patternProperties: { '(a+)+$': {} }, additionalProperties: false },
      `{${long.slice(0, -1)}b":1}`,
    ],
    ['of unique objects', { type: 'array', uniqueItems: true, items: {} }, objects],
  ])('%s', (_, schema, text) => {
    const compiled = new CompiledSchema(parseSchema(schema))
    const [fault] = checkDocuments([{ schema: compiled, text }], new TimeBudget(5_000))
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
    expect(unique.faultOf(text)?.what ?? null).toBe(what)
    expect(new CompiledSchema({ type: 'array', uniqueItems: false }).faultOf(text)).toBeNull()
  })

  test('and two patterns of one schema are two', () => {
    const schema = new CompiledSchema({
      type: 'object',
      properties: { a: { type: 'string', pattern: '^a$' }, b: { type: 'string', pattern: '^b$' } },
    })
    expect(schema.faultOf('{"a":"a","b":"b"}')).toBeNull()
    expect(schema.faultOf('{"a":"a","b":"a"}')).toEqual({
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
          // With it, nothing can be remembered.
          unevaluatedProperties: true,
        })),
      },
    },
  }
  const nested = `${'{"x":2,"y":2,"next":'.repeat(40)}{}${'}'.repeat(40)}`

  const doubled = Object.fromEntries(
    Array.from({ length: 60 }, (_, n) => [n, { allOf: [1, 2].map(() => ({ $ref: `#/$defs/${n + 1}` })) }]),
  )
  const schemas = {
    choices,
    doubled: { $ref: '#/$defs/0', $defs: { ...doubled, 60: {} } },
    'a pattern with very many states': { type: 'string', pattern: '^[ab]*a[ab]{400}$' },
  }
  let state = 1
  const next = () => {
    state = (state * 48_271) % 2_147_483_647
    return state % 2 === 0 ? 'a' : 'b'
  }
  const random = JSON.stringify(Array.from({ length: 2_000_000 }, next).join(''))

  test.each([
    ['choices', nested],
    ['doubled', '1'],
    ['a pattern with very many states', random],
  ] as const)('is ended, and with it all that has the same budget: %s', (name, text) => {
    const schema = new CompiledSchema(parseSchema(schemas[name]))
    const number = new CompiledSchema({ type: 'number' })
    const tooLong = { path: '', what: 'takes too long to check' }
    const budget = new TimeBudget(200)
    const start = process.cpuUsage()
    const documents = [
      { schema: number, text: '1' },
      { schema, text },
      { schema: number, text: '1' },
    ]
    expect(checkDocuments(documents, budget)).toEqual([null, tooLong, tooLong])
    expect(checkDocuments(documents, budget)).toEqual([tooLong, tooLong, tooLong])
    expect(schema.faultsOf(text, tooLong, budget)).toEqual([tooLong])
    expect(msSince(start)).toBeLessThan(2_000)
    expect(number.faultOf('1')).toBeNull()
  })

  test('leaves the schema fit for the next document', () => {
    const schema = new CompiledSchema({
      type: 'string',
      pattern: schemas['a pattern with very many states'].pattern,
    })
    const budget = new TimeBudget(50)
    const documents = [{ schema, text: random }]
    expect(checkDocuments(documents, budget)).toMatchObject([{ what: 'takes too long to check' }])
    expect(schema.faultOf(JSON.stringify('a'.repeat(401)))).toBeNull()
    expect(schema.faultOf(JSON.stringify('a'.repeat(400)))).toMatchObject({
      what: expect.stringMatching('pattern'),
    })
  })
})
