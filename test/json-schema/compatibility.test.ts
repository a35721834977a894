import { describe, expect, test } from 'vitest'
import { findBreakingChanges } from '../../src/json-schema/compatibility.ts'
import type { JsonObject } from '../../src/json-schema/json.ts'
import { parseSchema } from '../../src/json-schema/parse-schema.ts'

const string = { type: 'string' }
const number = { type: 'number' }
const object = (properties: JsonObject, more: JsonObject = {}) => ({ type: 'object', properties, ...more })
const point = object({ x: number, y: number }, { required: ['x', 'y'] })
const kind = (name: string, more: JsonObject = {}) =>
  object({ kind: { const: name }, ...more }, { required: ['kind'] })
const tree = (leaf: JsonObject, more: JsonObject = {}) => ({
  $ref: '#/$defs/node',
  $defs: {
    node: object({ value: leaf, children: { type: 'array', items: { $ref: '#/$defs/node' } }, ...more }),
  },
})

/** Changes that break no reader in either direction. */
const harmless: [what: string, one: JsonObject, other: JsonObject][] = [
  [
    'texts for people',
    point,
    { ...point, title: 'Point', description: 'On a map.', $comment: 'v2', examples: [1] },
  ],
  [
    'the order of properties and of what is required',
    point,
    object({ y: number, x: number }, { required: ['y', 'x'] }),
  ],
  ['an optional property', object({ a: string }), object({ a: string, b: number })],
  [
    'an optional property of a closed object',
    object({ a: string }, { additionalProperties: false }),
    object({ a: string, b: number }, { additionalProperties: false }),
  ],
  ['closing an object', object({ a: string }), object({ a: string }, { additionalProperties: false })],
  [
    'an optional property as the others are',
    object({ a: string }, { additionalProperties: number }),
    object({ a: string, b: number }, { additionalProperties: number }),
  ],
  [
    'lengths and patterns',
    string,
    { type: 'string', minLength: 1, maxLength: 9, pattern: '^a', format: 'email' },
  ],
  ['ranges', number, { type: 'number', minimum: 0, exclusiveMaximum: 7, multipleOf: 2 }],
  [
    'sizes of lists',
    { type: 'array', items: string },
    { type: 'array', items: string, minItems: 1, maxItems: 5 },
  ],
  ['the order of an enum', { enum: ['a', 'b', { x: 1, y: 2 }] }, { enum: ['b', { y: 2, x: 1 }, 'a'] }],
  ['an enum of one for a const', { const: 'a' }, { enum: ['a'] }],
  ['a type beside an enum that says as much', { enum: ['a'] }, { type: 'string', enum: ['a'] }],
  ['the order of types', { type: ['string', 'null'] }, { type: ['null', 'string'] }],
  ['a type in a list', string, { type: ['string'] }],
  ['the order of a union', { oneOf: [kind('a'), kind('b')] }, { oneOf: [kind('b'), kind('a')] }],
  [
    'an optional property in a union',
    { anyOf: [kind('a'), kind('b')] },
    { anyOf: [kind('b', { n: number }), kind('a')] },
  ],
  [
    'a reference for what it leads to',
    object({ at: point }),
    object({ at: { $ref: '#/$defs/p', description: 'Where.' } }, { $defs: { p: point } }),
  ],
  [
    'the name of a definition',
    { $ref: '#/$defs/a', $defs: { a: string } },
    { $ref: '#/$defs/b', $defs: { b: string } },
  ],
  ['a definition that nobody refers to', string, { type: 'string', $defs: { unused: number } }],
  ['an optional property in a schema that contains itself', tree(string), tree(string, { note: string })],
  ['a schema that is true for one that is empty', object({ a: {} }), object({ a: true })],
]

const breaking: [what: string, older: JsonObject, newer: JsonObject, changes: string[]][] = [
  ['another type', string, number, ['/type was string, and is number']],
  ['a type more', string, { type: ['string', 'null'] }, ['/type was string, and is null or string']],
  ['a type less', { type: ['string', 'null'] }, string, ['/type was null or string, and is string']],
  ['integer for number', number, { type: 'integer' }, ['/type was number, and is integer']],
  ['no type any more', string, {}, ['/type was string, and is any']],
  [
    'a required property more',
    object({ a: string }),
    object({ a: string, b: number }, { required: ['b'] }),
    ['/properties/b was added, and is required'],
  ],
  [
    'a required property less',
    point,
    object({ x: number }, { required: ['x'] }),
    ['/properties/y was required, and is removed'],
  ],
  [
    'an optional property that is required now',
    object({ a: string }),
    object({ a: string }, { required: ['a'] }),
    ['/properties/a was optional, and is required'],
  ],
  [
    'a required property that is optional now',
    object({ a: string }, { required: ['a'] }),
    object({ a: string }),
    ['/properties/a was required, and is optional'],
  ],
  [
    'another type of a property deep inside',
    object({ 'a/b': { type: 'array', items: object({ 'c~d': string }) } }),
    object({ 'a/b': { type: 'array', items: object({ 'c~d': number }) } }),
    ['/properties/a~1b/items/properties/c~0d/type was string, and is number'],
  ],
  [
    'several changes at once',
    object({ a: string, b: string }),
    object({ a: number, b: string, c: string }, { required: ['b', 'c'] }),
    [
      '/properties/a/type was string, and is number',
      '/properties/b was optional, and is required',
      '/properties/c was added, and is required',
    ],
  ],
  ['a value of an enum more', { enum: ['a'] }, { enum: ['a', 'b'] }, ['/ has the new value "b"']],
  ['a value of an enum less', { enum: ['a', 'b'] }, { enum: ['a'] }, ['/ no longer has the value "b"']],
  ['another const', { const: 1 }, { const: 2 }, ['/ no longer has the value 1', '/ has the new value 2']],
  [
    'an enum where any string was',
    string,
    { type: 'string', enum: ['a'] },
    ['/ is limited to listed values'],
  ],
  [
    'any string where an enum was',
    { type: 'string', enum: ['a'] },
    string,
    ['/ is no longer limited to listed values'],
  ],
  [
    'a type that admits another value of an enum',
    { type: 'string', enum: ['a', 1, null] },
    { type: ['string', 'null'], enum: ['a', 1, null] },
    ['/ has the new value null'],
  ],
  [
    'a union member more',
    { oneOf: [kind('a')] },
    { oneOf: [kind('b'), kind('a')] },
    ['/oneOf/0 is a new member of this union'],
  ],
  [
    'a union member less',
    { oneOf: [kind('a'), kind('b'), kind('c')] },
    { oneOf: [kind('a'), kind('c')] },
    ['/oneOf/1 was a member of this union, and has none like it'],
  ],
  [
    'a union member that changed',
    { oneOf: [kind('a'), kind('b', { n: number })] },
    { oneOf: [kind('a'), kind('b', { n: string })] },
    ['/oneOf/1/properties/n/type was number, and is string'],
  ],
  [
    'one kind of union for another',
    { anyOf: [string] },
    { oneOf: [string] },
    ['/anyOf was removed', '/oneOf was added'],
  ],
  [
    'a part of an intersection more',
    { allOf: [point] },
    { allOf: [point, {}] },
    ['/allOf had 1 entries, and now has 2'],
  ],
  [
    'another type of the properties without a name',
    { type: 'object', additionalProperties: string },
    { type: 'object', additionalProperties: number },
    ['/additionalProperties/type was string, and is number'],
  ],
  [
    'a type for properties without a name',
    { type: 'object' },
    { type: 'object', additionalProperties: number },
    ['/additionalProperties/type was any, and is number'],
  ],
  [
    'an optional property unlike the others',
    object({}, { additionalProperties: number }),
    object({ a: string }, { additionalProperties: number }),
    ['/properties/a was added, and is not what additionalProperties says'],
  ],
  [
    'an optional property that a pattern may have named',
    object({}, { patternProperties: { '^a': number } }),
    object({ b: string }, { patternProperties: { '^a': number } }),
    ['/properties/b was added, and may match one of patternProperties'],
  ],
  [
    'another pattern of names',
    { type: 'object', patternProperties: { '^a': number } },
    { type: 'object', patternProperties: { '^b': number } },
    ['/patternProperties/^a was removed', '/patternProperties/^b was added'],
  ],
  [
    'a tuple that grew',
    { type: 'array', prefixItems: [string], items: false, minItems: 1 },
    { type: 'array', prefixItems: [string, string], items: false, minItems: 2 },
    ['/prefixItems had 1 entries', '/minItems was changed, and it cannot be shown'],
  ],
  ['items of a type', { type: 'array' }, { type: 'array', items: string }, ['/items was added']],
  ['a condition', string, { type: 'string', not: { const: 'a' } }, ['/not was added']],
  [
    'a dependency',
    object({ a: string, b: string }),
    object({ a: string, b: string }, { dependentRequired: { a: ['b'] } }),
    ['/dependentRequired was changed, and it cannot be shown'],
  ],
  [
    'a definition behind a reference, by its place',
    object({ a: { $ref: '#/$defs/p' }, b: { $ref: '#/$defs/p' } }, { $defs: { p: string } }),
    object({ a: { $ref: '#/$defs/p' }, b: { $ref: '#/$defs/p' } }, { $defs: { p: number } }),
    ['/$defs/p/type was string, and is number'],
  ],
  [
    'a definition behind a reference beside other keywords',
    { $ref: '#/$defs/p', minLength: 1, type: 'string', $defs: { p: string } },
    { $ref: '#/$defs/p', minLength: 1, type: 'string', $defs: { p: { type: ['string', 'null'] } } },
    ['/$defs/p/type was string, and is null or string'],
  ],
  [
    'a leaf of a schema that contains itself',
    tree(string),
    tree(number),
    ['/$defs/node/properties/value/type was string'],
  ],
  [
    'nothing where something was',
    object({ a: string }),
    object({ a: false }),
    ['/properties/a admits nothing in one'],
  ],
  [
    'a default of null for null',
    { type: ['string', 'null'] },
    { type: 'string', default: null },
    ['/type was null or string'],
  ],
]

const changesOf = (older: JsonObject, newer: JsonObject) =>
  findBreakingChanges(older, newer).map(({ path, what }) => `${path || '/'} ${what}`)

describe('a new version breaks no reader', () => {
  test.each(harmless)('by %s', (_, one, other) => {
    parseSchema(one)
    parseSchema(other)
    expect(changesOf(one, other)).toEqual([])
    expect(changesOf(other, one)).toEqual([])
  })

  test.each([
    ...harmless,
    ...breaking.map(([what, older, newer]): (typeof harmless)[number] => [what, older, newer]),
  ])('that repeats the one before: %s', (_, older, newer) => {
    expect(changesOf(older, structuredClone(older))).toEqual([])
    expect(changesOf(newer, structuredClone(newer))).toEqual([])
  })
})

describe('a new version breaks readers', () => {
  test.each(breaking)('by %s', (_, older, newer, expected) => {
    parseSchema(older)
    parseSchema(newer)
    const changes = changesOf(older, newer)
    expect(changes).toHaveLength(expected.length)
    for (const [index, start] of expected.entries()) expect(changes[index]).toMatch(startingWith(start))
    expect(changesOf(newer, older)).not.toEqual([])
  })
})

/** Schema whose definitions each refer to the next one twice, so that there are 2^60 ways through them. */
const maze = (leaf: JsonObject) => ({
  $ref: '#/$defs/n0',
  $defs: {
    ...Object.fromEntries(
      Array.from({ length: 60 }, (_, n) => [
        `n${n}`,
        object({ a: { $ref: `#/$defs/n${n + 1}` }, b: { $ref: `#/$defs/n${n + 1}` } }),
      ]),
    ),
    n60: leaf,
  },
})

test('definitions that are referred to twice are compared once', () => {
  expect(changesOf(maze(string), maze({ ...string, title: 'Text' }))).toEqual([])
})

test('what cannot be compared in a short time is refused', () => {
  const back = object({ start: { $ref: '#/$defs/n0' } })
  expect(changesOf(maze(back), maze({ ...back, title: 'Back' }))).toContain(
    '/ is too intricate to be compared',
  )
})

function startingWith(text: string): RegExp {
  return new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`)
}
