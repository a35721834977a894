import {
  type GraphQLError,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isScalarType,
} from 'graphql'
import { describe, expect, test } from 'vitest'
import { anybody } from '../../src/caller.ts'
import { defaultLimits } from '../../src/defaults.ts'
import { Memory } from '../../src/memory/memory.ts'
import { createClientErrors } from '../../src/operations/client-errors.ts'
import { toExecutionSchema } from '../../src/operations/execution-schema.ts'
import { Operations } from '../../src/operations/operations.ts'
import { PreparedOperation } from '../../src/operations/prepared-operation.ts'
import { createPgqSchema } from '../../src/schema/index.ts'
import { toSubgraph } from '../../src/schema/subgraph.ts'
import { testLogger } from '../support/logger.ts'

const schema = toSubgraph(createPgqSchema())

function createOperations(hasIntrospection: boolean): Operations {
  return new Operations({
    schema,
    executionSchema: toExecutionSchema(toSubgraph(createPgqSchema())),
    contextFor: () => {
      throw new Error('nothing is run here')
    },
    limits: defaultLimits,
    memory: new Memory(),
    toClientError: createClientErrors(testLogger()),
    hasIntrospection,
  })
}

const open = createOperations(true)
const closed = createOperations(false)

function errorsOf(operations: Operations, query: string, variables: object = {}): readonly GraphQLError[] {
  const prepared = operations.prepare({ query, variables }, anybody)
  return prepared instanceof PreparedOperation ? [] : prepared.errors
}

test.each([
  '{ __schema { types { name } } }',
  '{ __type(name: "Queue") { name } }',
  '{ _service { sdl } }',
  '{ queues { nodes { name } } alias: __schema { description } }',
  'query { ...F } fragment F on Query { __schema { description } }',
  'query ($yes: Boolean!) { __schema @include(if: $yes) { description } }',
  'mutation { tick(input: { queue: "q" }) { __typename } } query Q { __type(name: "Queue") { name } }',
])('%s is refused where introspection is off', (query) => {
  const variables = { yes: false }
  expect(
    errorsOf(open, query, variables).filter(({ extensions }) => extensions.code === 'FORBIDDEN'),
  ).toEqual([])
  expect(errorsOf(closed, query, variables).map(({ extensions }) => extensions.code)).toContain('FORBIDDEN')
})

test('__typename is told, since clients ask for it everywhere', () => {
  expect(errorsOf(closed, '{ __typename queues { __typename } }')).toEqual([])
})

/** All names of the schema, but for those that any schema has. */
function namesOfSchema(): Set<string> {
  const names = new Set<string>()
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type) || isScalarType(type)) continue
    names.add(type.name)
    if (isEnumType(type)) for (const { name } of type.getValues()) names.add(name)
    if (isInputObjectType(type)) for (const name of Object.keys(type.getFields())) names.add(name)
    if (!isObjectType(type) && !isInterfaceType(type)) continue
    for (const field of Object.values(type.getFields())) {
      names.add(field.name)
      names.add(getNamedType(field.type).name)
      for (const { name } of field.args) names.add(name)
    }
  }
  for (const name of [
    'Query',
    'Mutation',
    'Subscription',
    'Boolean',
    'Float',
    'Int',
    'String',
    'ID',
    'BigInt',
  ])
    names.delete(name)
  return names
}

const names = namesOfSchema()

/** Names of the schema in a text. In prose the words that English has too count only between quotes. */
function namesIn(text: string): string[] {
  const quoted = [...text.matchAll(/"[^"]*"/g)].flatMap(([part]) => part.match(/[A-Za-z_]\w*/g) ?? [])
  const telling = text.match(/\b(?:\w+[a-z][A-Z]\w*|[A-Z][A-Z_]+)\b/g) ?? []
  return [...quoted, ...telling].filter((name) => names.has(name))
}

const faulty: [string, object?][] = [
  ['{ queue }'],
  ['{ queues }'],
  ['{ queus { nodes { name } } }'],
  ['{ queue(nam: "q") { name } }'],
  ['{ queue(name: 7) { name } }'],
  ['{ queue(name: [{ a: 1 }]) { name } }'],
  ['{ queue(name: "q") { nam consumer { x } } }'],
  ['{ queue(name: "q") { name { x } } }'],
  ['{ queue(name: "q") { ticks(first: "x") { nodes { tickId } } } }'],
  ['{ queue(name: "q") { consumers { edges { nod } } } }'],
  ['{ node(id: "x") { ... on Queu { name } ... on Tik { id } } }'],
  ['{ node(id: "x") { ... on String { name } } }'],
  ['{ node(id: "x") { ... on Gap { fromTick } } }'],
  ['{ node(id: "x") { name } }'],
  ['query ($x: Strin) { queue(name: $x) { name } }'],
  ['query ($x: Int) { queue(name: $x) { name } }'],
  ['query ($x: InsertEventInpu!) { queue(name: $x) { name } }'],
  ['query ($x: Queue!) { queue(name: $x) { name } }'],
  ['{ a: queue(name: "q") { name } a: queue(name: "p") { pausedd } }'],
  ['{ queue(name: "q") { x: name x: tickerLagSeconds } }'],
  ['{ queue(name: "q") @inclde(if: true) { name } }'],
  ['{ queue(name: "q") @include { name } }'],
  ['mutation { insertEvent }'],
  ['mutation { insertEvent { eventId } }'],
  ['mutation { insertEvents(input: {}) { eventIds } }'],
  ['mutation { insertEvents(input: { queu: "q" }) { eventIds } }'],
  ['mutation { insertEvents(input: { queue: "q", events: [{ tipe: "x" }] }) { eventIds } }'],
  ['mutation { insertEvents(input: 7) { eventIds } }'],
  ['mutation { inserEvent(input: {}) { eventId } }'],
  ['mutation { finishBatch(input: { batchId: "x", retries: [{}] }) { finished } }'],
  ['mutation { finishBatch(input: { batchId: 1.5 }) { finshed } }'],
  ['subscription { tial { __typename } }'],
  ['subscription { tail { ... on TickBatch { tickID } ... on Gap { reson } } }'],
  ['subscription { tail(queue: "q", filter: { tipes: ["x"] }) { __typename } }'],
  ['subscription { batches { batchId } }'],
  ['{ eventType(queue: "q", enforcement: STRIKT) { name } }'],
  ['mutation ($input: InsertEventsInput!) { insertEvents(input: $input) { eventIds } }', { input: {} }],
  ['mutation ($input: InsertEventsInput!) { insertEvents(input: $input) { eventIds } }', { input: 7 }],
  [
    'mutation ($input: InsertEventsInput!) { insertEvents(input: $input) { eventIds } }',
    { input: { queue: 'q', events: [{ tipe: 'x' }, null, 7, { data: 7 }] } },
  ],
  ['mutation ($input: InsertEventsInput!) { insertEvents(input: $input) { eventIds } }'],
  [
    'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }',
    { input: { batchId: 'x', retries: [{ eventId: [] }], failures: [{}], stagedParts: ['x'] } },
  ],
  ['subscription ($input: BatchesInput!) { batches(input: $input) { batchId } }', { input: { standby: 7 } }],
  ['query ($first: Int) { queues(first: $first) { nodes { name } } }', { first: 'x' }],
]

/** One faulty document for each enum that an argument or a field of the input takes. */
const enums = Object.values(schema.getTypeMap()).filter(
  (type) => isEnumType(type) && !isIntrospectionType(type),
)
for (const { name } of enums) {
  faulty.push(
    [`query ($e: ${name} = NOTHIN) { __typename }`],
    [`query ($e: ${name}) { __typename }`, { e: 'X' }],
  )
}

describe('where introspection is off', () => {
  test.each(faulty)('errors name nothing that the client has not: %s %j', (query, variables) => {
    const errors = errorsOf(closed, query, variables)
    expect(errors.length).toBe(errorsOf(open, query, variables).length)
    expect(errors.length).toBeGreaterThan(0)
    const written = new Set(`${query} ${JSON.stringify(variables)}`.match(/\w+/g))
    for (const { message, extensions } of errors) {
      const told = [...namesIn(message), ...namesIn(`"${extensions.field ?? ''}"`)]
      expect(told.filter((name) => !written.has(name))).toEqual([])
      expect(message).not.toMatch(/did you mean/i)
    }
  })

  test('errors have the codes and fields that they have elsewhere', () => {
    for (const [query, variables] of faulty) {
      const [here, elsewhere] = [closed, open].map((operations) =>
        errorsOf(operations, query, variables).map(({ extensions }) => extensions),
      )
      expect(here).toEqual(elsewhere)
    }
  })
})

test('the same documents do tell names where introspection is on, so this corpus can fail', () => {
  const told = faulty.flatMap(([query, variables]) => {
    const written = new Set(`${query} ${JSON.stringify(variables)}`.match(/\w+/g))
    return errorsOf(open, query, variables)
      .flatMap(({ message }) => namesIn(message))
      .filter((name) => !written.has(name))
  })
  expect(new Set(told).size).toBeGreaterThan(30)
})
