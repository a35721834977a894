import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type EventType, generateTypes, joinTypes } from '../src/index.ts'
import { compilerErrors, projectFolder } from './support/compiled.ts'

const eventType = (queue: string, type: string, schema: unknown, version = 1): EventType => ({
  queue,
  type,
  version,
  schema,
})
const generated = (...eventTypes: EventType[]) => joinTypes(generateTypes(eventTypes, 'event-types.json'))

/** The declaration of one payload, without its comment. */
function payload(schema: unknown): string {
  const text = generated(eventType('q', 't', schema))
  return text.slice(text.search(/^export (type|interface) QT\b/m)).trimEnd()
}

/** Compiles the generated text with a program that uses it. */
async function errorsOf(text: string, program = ''): Promise<string> {
  await using folder = await projectFolder()
  await writeFile(join(folder.path, 'event-types.ts'), text)
  await writeFile(join(folder.path, 'program.ts'), `${program}\nexport {}\n`)
  return await compilerErrors(folder.path, ['event-types.ts', 'program.ts'])
}

test('writes a map of payloads, the known versions, and a union for each queue', () => {
  const id = { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] }
  const text = generated(
    eventType('orders', 'shipped', { ...id, title: 'An order has left' }, 2),
    eventType('orders', 'created', id, 3),
  )
  expect(text).toBe(`// Made by @pgq-graphql/codegen from event-types.json; do not edit.
import type { KnownEventTypes, TypedEvent } from '@pgq-graphql/client'

/** The payloads of the events, by queue and type. */
export interface EventTypes {
  orders: {
    created: OrdersCreated
    shipped: OrdersShipped
  }
}

/** For \`createClient({ url, eventTypes })\`: queue, type and version of the schema. */
export const eventTypes: KnownEventTypes<EventTypes> = [
  ['orders', 'created', 3],
  ['orders', 'shipped', 2],
]

/** The registered events of queue "orders". */
export type OrdersEvent =
  | TypedEvent<'created', OrdersCreated>
  | TypedEvent<'shipped', OrdersShipped>

/** Version 3 of "created" in queue "orders". */
export interface OrdersCreated {
  id: number
}

/**
 * An order has left
 *
 * Version 2 of "shipped" in queue "orders".
 */
export interface OrdersShipped {
  id: number
}
`)
})

test.each<[string, unknown, string]>([
  ['true', true, 'export type QT = unknown'],
  ['false', false, 'export type QT = never'],
  ['nothing', {}, 'export type QT = unknown'],
  ['a text', { type: 'string', pattern: '^a' }, 'export type QT = string'],
  ['several types', { type: ['string', 'null'] }, 'export type QT = string | null'],
  ['nullable', { type: 'string', nullable: true }, 'export type QT = string | null'],
  ['a constant', { const: "it's" }, "export type QT = 'it\\'s'"],
  ['values', { enum: ['a', 1, 1.5, null, true] }, "export type QT = 'a' | 1 | 1.5 | null | true"],
  [
    'values that the type refuses',
    { type: ['string', 'integer'], enum: ['a', 1, 1.5, null] },
    "export type QT = 'a' | 1",
  ],
  [
    'objects and lists as values',
    { enum: [{ a: [1] }, {}] },
    'export type QT = { a: [1] } | { [name: string]: never }',
  ],
  ['a list', { type: 'array', items: { type: ['string', 'null'] } }, 'export type QT = (string | null)[]'],
  ['a list of anything', { type: 'array' }, 'export type QT = unknown[]'],
  [
    'a tuple',
    { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }], items: false, minItems: 1 },
    'export type QT = [string, number?]',
  ],
  [
    'a tuple of drafts before 2020-12',
    { type: 'array', items: [{ type: 'string' }], minItems: 1, additionalItems: { type: 'number' } },
    'export type QT = [string, ...number[]]',
  ],
  [
    'optional and required properties, and one that is only required',
    { type: 'object', properties: { a: { type: 'string' }, 'b-c': true }, required: ['a', 'd'] },
    "export interface QT {\n  a: string\n  'b-c'?: unknown\n  d: unknown\n}",
  ],
  [
    'named and other properties',
    { type: 'object', properties: { a: { type: 'number' } }, additionalProperties: { type: 'string' } },
    'export interface QT {\n  a?: number\n  [name: string]: string | number | undefined\n}',
  ],
  [
    'properties by pattern',
    { type: 'object', patternProperties: { '^x': { type: 'number' } }, additionalProperties: false },
    'export interface QT {\n  [name: string]: number\n}',
  ],
  [
    'no properties',
    { type: 'object', additionalProperties: false },
    'export interface QT {\n  [name: string]: never\n}',
  ],
  ['any properties', { type: 'object' }, 'export interface QT {\n  [name: string]: unknown\n}'],
  ['alternatives', { oneOf: [{ type: 'string' }, { type: 'number' }] }, 'export type QT = string | number'],
  [
    'a combination',
    {
      type: 'object',
      allOf: [
        { properties: { a: { type: 'string' } } },
        { anyOf: [{ required: ['a'] }, { required: ['b'] }] },
      ],
    },
    'export type QT = {\n  a?: string\n} & ({\n  a: unknown\n} | {\n  b: unknown\n})',
  ],
  [
    'definitions, by pointer, by anchor and by the address of the whole',
    {
      $id: 'https://example.org/order',
      type: 'object',
      properties: {
        a: { $ref: '#/$defs/a~1b' },
        b: { $ref: '#there' },
        c: { $ref: 'https://example.org/order#/$defs/a~1b' },
        d: { $ref: '#' },
      },
      $defs: { 'a/b': { type: 'string' }, other: { $anchor: 'there', type: 'number' } },
    },
    'export interface QT {\n  a?: QTAB\n  b?: QTThere\n  c?: QTAB\n  d?: QT\n}\n\nexport type QTAB = string\n\nexport type QTThere = number',
  ],
  [
    'references that lead nowhere, or outside',
    {
      type: 'object',
      properties: {
        a: { $ref: '#/$defs/missing' },
        b: { $ref: 'file:///etc/passwd' },
        c: { $ref: 'http://127.0.0.1:1/schema' },
        d: { $ref: '#/__proto__' },
        e: { $ref: '#/%E0%A4%A' },
      },
    },
    'export interface QT {\n  a?: unknown\n  b?: unknown\n  c?: unknown\n  d?: unknown\n  e?: unknown\n}',
  ],
  ['what is defined as itself', { anyOf: [{ $ref: '#' }, { type: 'string' }] }, 'export type QT = unknown'],
  [
    'keywords that are TypeScript to other generators',
    { type: 'string', tsType: 'number; evil()', tsEnumNames: ['x'] },
    'export type QT = string',
  ],
])('writes the type of %s', (_title, schema, expected) => {
  expect(payload(schema)).toBe(expected)
})

test('gives the same text whatever the order of event types and of the keys of their schemas', () => {
  const one = { type: 'object', properties: { a: { type: 'string' }, b: { type: 'number' } } }
  const types = [
    eventType('b', 'x', one),
    eventType('a', 'y', one),
    eventType('a', 'B', one),
    eventType('a', 'b', one),
  ]
  expect(generated(...types.toReversed())).toBe(generated(...types))
})

const hostile = [
  '',
  ' ',
  'class',
  'any',
  'EventTypes',
  'Typed.Event',
  '__proto__',
  'constructor',
  '1',
  'a b',
  'a.b',
  'A-B',
  'ab',
  '日本',
  'straße',
  'e\u0301',
  '\u00e9',
  '\ud800',
  '🦆',
  "it's",
  '"',
  `\`\${process.exit()}\``,
  '*/ declare const broken: 1; /*',
  '\\',
  "\\'; declare const broken: 1; '",
  'line\nbreak\r\u2028\u2029\0',
  '@ts-ignore',
  '\u202e\u200b',
  '</script>',
]

test('compiles, and tells all apart, whatever queues, types, properties and texts are called', async () => {
  const schema = (name: string) => ({
    title: name,
    description: `\n${name}\n${name}`,
    type: 'object',
    properties: Object.fromEntries([
      [name, { description: name, enum: [name, { [name]: name }] }],
      ['ref', { $ref: '#/$defs/x' }],
    ]),
    required: ['ref'],
    $defs: { x: { title: name, type: 'object', properties: { self: { $ref: '#/$defs/x' } } } },
  })
  const eventTypes = hostile.flatMap((queue) => hostile.map((type) => eventType(queue, type, schema(type))))
  const text = joinTypes(generateTypes(eventTypes, hostile.join()))
  const names = [...text.matchAll(/^export (?:type|interface|const) (\S+)/gm)].map(([, name]) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(names).toHaveLength(2 + hostile.length + 2 * hostile.length ** 2)
  expect(await errorsOf(text, programOf(hostile))).toBe('')
})

/** Each queue has all types, each type its own payload, and nothing else is declared. */
function programOf(names: readonly string[]): string {
  const uses = names.map((name) => {
    const text = JSON.stringify(name)
    return `{
      const payload: EventTypes[${text}][${text}] = { [${text} as const]: ${text}, ref: { self: {} } }
      const event = null as unknown as TypedEvent<${text}, typeof payload>
      void (event satisfies { type: ${text} })
    }`
  })
  return `import type { TypedEvent } from '@pgq-graphql/client'
import { type EventTypes, eventTypes } from './event-types.ts'
const known: readonly (readonly [string, string, number])[] = eventTypes
void known
// @ts-expect-error nothing came out of a comment or a string
void broken
// @ts-expect-error a queue that there is not
type Missing = EventTypes['missing']
${uses.join('\n')}`
}

test('keeps the names of others when one comes that would have the same', () => {
  const names = (...queues: string[]) => {
    const text = generated(...queues.map((queue) => eventType(queue, 'x', true)))
    return [...text.matchAll(/^export type (\w+) = unknown/gm)].map(([, name]) => name)
  }
  expect(names('a-b', 'c')).toEqual(['ABX', 'CX'])
  const [first, second, third] = names('a-b', 'a.b', 'c')
  expect([first, second]).not.toContain('ABX')
  expect(third).toBe('CX')
  expect(names('a b', 'a-b', 'a.b', 'c')).toEqual(expect.arrayContaining([first, second]))
})

test('takes equal definitions of different event types for different ones', async () => {
  const schema = (type: string) => ({
    type: 'object',
    properties: { item: { $ref: '#/$defs/item' } },
    $defs: { item: { title: 'Item', type } },
  })
  const text = generated(
    eventType('orders', 'a', schema('string')),
    eventType('orders', 'b', schema('number')),
  )
  const program = `import type { OrdersA, OrdersB } from './event-types.ts'
export const a: OrdersA = { item: '' }
export const b: OrdersB = { item: 1 }
// @ts-expect-error that is the item of the other
export const c: OrdersB = { item: '' }`
  expect(await errorsOf(text, program)).toBe('')
})

test('compiles where there are no event types', async () => {
  expect(await errorsOf(generated())).toBe('')
})

test('is not exhausted by a schema of great depth', () => {
  let schema: unknown = { type: 'string' }
  for (let depth = 0; depth < 5_000; depth++) schema = { type: 'array', items: schema }
  expect(payload(schema)).toMatch(/^export type QT = unknown(\[\])+$/)
})

test('compiles what refers to itself in a circle', async () => {
  const schema = {
    type: 'object',
    properties: {
      a: { $ref: '#/$defs/a' },
      tree: { $ref: '#/$defs/tree' },
      up: { $ref: '#' },
      rows: { $ref: '#/$defs/rows' },
    },
    $defs: {
      a: { $ref: '#/$defs/b' },
      b: { anyOf: [{ $ref: '#/$defs/a' }, { type: 'null' }] },
      tree: { type: ['array', 'string'], items: { $ref: '#/$defs/tree' } },
      rows: {
        type: ['string', 'array'],
        prefixItems: [true],
        items: { type: 'array', prefixItems: [{ $ref: '#/$defs/rows' }] },
      },
    },
  }
  const program = `import type { QT } from './event-types.ts'
export const value: QT = { tree: ['a', ['b', []]], up: { up: {} } }
// @ts-expect-error no number is in a tree
export const wrong: QT = { tree: [['a', 1]] }`
  expect(await errorsOf(generated(eventType('q', 't', schema)), program)).toBe('')
})
