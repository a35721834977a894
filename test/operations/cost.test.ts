import fc from 'fast-check'
import {
  buildSchema,
  getIntrospectionQuery,
  getNamedType,
  graphql,
  isCompositeType,
  isObjectType,
} from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { anybody } from '../../src/caller.ts'
import type { LiveDatabase } from '../../src/database/live-database.ts'
import { defaultLimits } from '../../src/defaults.ts'
import { Memory } from '../../src/memory/memory.ts'
import { createClientErrors } from '../../src/operations/client-errors.ts'
import { toExecutionSchema } from '../../src/operations/execution-schema.ts'
import { Operations } from '../../src/operations/operations.ts'
import { PreparedOperation } from '../../src/operations/prepared-operation.ts'
import { filterValues } from '../../src/resolvers/events/event-row.ts'
import { createContext } from '../../src/schema/context.ts'
import { createPgqSchema } from '../../src/schema/index.ts'
import { noAdministration } from '../support/context.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { documents } from '../support/documents.ts'
import { testLogger } from '../support/logger.ts'

const TICKS = 1_000
const QUEUES = 1_000
const CONSUMERS = 100

let fixture: TestDatabase
let live: LiveDatabase
let operations: Operations
const statements: string[] = []
const schema = createPgqSchema()

beforeAll(async () => {
  fixture = await createTestDatabase()
  live = await fixture.open({}, { statement: ({ name }) => void statements.push(name) })
  operations = new Operations({
    schema,
    executionSchema: toExecutionSchema(createPgqSchema()),
    contextFor: (caller, parts) =>
      createContext(
        { get: () => live, [Symbol.iterator]: () => [live].values() },
        noAdministration,
        defaultLimits,
        caller,
        parts,
      ),
    limits: defaultLimits,
    memory: new Memory(),
    toClientError: createClientErrors(testLogger()),
  })
  const admin = await fixture.connect()
  await admin.query(`select pgq.create_queue('big')`)
  await admin.query(`select pgq.register_consumer('big', 'c' || i) from generate_series(1, $1) i`, [
    CONSUMERS,
  ])
  await admin.query(
    `insert into pgq.tick (tick_queue, tick_id, tick_time, tick_snapshot, tick_event_seq)
     select q.queue_id, t + 1, now(), txid_current_snapshot(), t
       from pgq.queue q, generate_series(1, $1) t where q.queue_name = 'big'`,
    [TICKS],
  )
  // Lists read no event tables, so these queues need none.
  await admin.query(
    `insert into pgq.queue (queue_id, queue_name, queue_data_pfx, queue_event_seq, queue_tick_seq, queue_ticker_paused)
     select id, 'q' || i, 'pgq.event_' || id, 'pgq.event_' || id || '_id_seq', 'pgq.event_' || id || '_tick_seq', true
       from (select i, nextval('pgq.queue_queue_id_seq')::int as id from generate_series(1, $1) i) given`,
    [QUEUES],
  )
  await admin.end()
})

afterAll(async () => {
  await live.close()
  await fixture[Symbol.asyncDispose]()
})

function prepare(query: string, variables = {}) {
  return operations.prepare({ query, variables }, anybody)
}

function codesOf(query: string, variables = {}): unknown[] {
  const prepared = prepare(query, variables)
  return prepared instanceof PreparedOperation ? [] : prepared.errors.map(({ extensions }) => extensions.code)
}

async function execute(query: string, isWanted?: () => boolean) {
  const prepared = prepare(query)
  if (!(prepared instanceof PreparedOperation)) throw new Error(`refused: ${prepared.errors}`)
  return prepared.execute({ isWanted })
}

const nested = (inner: string) => `queue(name: "big") { ticks(first: 1000) { nodes { ${inner} } } }`
const ticksOfQueue = (inner: string) => `queue { ticks(first: 1000) { nodes { ${inner} } } }`

test.each([
  ['ticks of ticks', `{ ${nested(ticksOfQueue('tickId'))} }`],
  ['ticks of ticks of ticks', `{ ${nested(ticksOfQueue(ticksOfQueue('tickId')))} }`],
  [
    'edges instead of nodes',
    `{ ${nested(ticksOfQueue('tickId')).replaceAll(/nodes \{( tickId| queue)/g, 'edges { node {$1')} } } }`,
  ],
  [
    'fragments',
    `{ ${nested('...f')} } fragment f on Tick { ${ticksOfQueue('...g')} } fragment g on Tick { tickId }`,
  ],
  ['last instead of first', `{ ${nested(ticksOfQueue('tickId').replace('first', 'last'))} }`],
  [
    'consumers of queues of consumers',
    '{ queues { nodes { consumers(first: 100) { nodes { queue { consumers(first: 100) { nodes { name } } } } } } } }',
  ],
  [
    'a node',
    '{ node(id: "x") { ... on Queue { ticks(first: 1000) { nodes { queue { ticks(first: 1000) { nodes { tickId } } } } } } } }',
  ],
  [
    'many lists under aliases',
    `{ ${Array.from({ length: 99 }, (_, i) => `a${i}: queues(first: 1000) { nodes { name } }`).join(' ')} }`,
  ],
  [
    'a stream',
    'subscription { queueStats { ticks(first: 1000) { nodes { queue { ticks(first: 1000) { nodes { tickId } } } } } } }',
  ],
])('pages that multiply are refused before anything runs: %s', (_, query) => {
  const before = statements.length
  expect(codesOf(query)).toEqual(['LIMIT_EXCEEDED'])
  expect(statements.length).toBe(before)
})

test('the size of a page counts where it is a variable, or its default', () => {
  const query = (declared: string) =>
    `query (${declared}) { ${nested('queue { ticks(first: $n) { nodes { tickId } } }')} }`
  expect(codesOf(query('$n: Int'), { n: 1_000 })).toEqual(['LIMIT_EXCEEDED'])
  expect(codesOf(query('$n: Int'), { n: 2 })).toEqual([])
  expect(codesOf(query('$n: Int = 1000'))).toEqual(['LIMIT_EXCEEDED'])
  expect(codesOf(query('$n: Int = 1000'), { n: 2 })).toEqual([])
})

test('a page of a thousand queues with all of their numbers and consumers is allowed', async () => {
  const queue = schema.getType('Queue')
  const numbers = isObjectType(queue)
    ? Object.values(queue.getFields()).flatMap(({ name, type }) =>
        isCompositeType(getNamedType(type)) ? [] : [name],
      )
    : []
  const { data, errors } = await execute(
    `{ queues(first: 1000) { nodes { ${numbers.join(' ')} consumers { nodes { name lagSeconds lastSeenSeconds pendingEvents } } } } }`,
  )
  expect(errors).toBeUndefined()
  expect((data as { queues: { nodes: unknown[] } }).queues.nodes).toHaveLength(1_000)
})

test('an answer that grows past its budget as it runs is ended', async () => {
  // Sizes that are left to the server are guessed: this queue has ten times as many consumers.
  const names = ['a', 'b', 'c', 'd', 'e'].map((alias) => `${alias}: name`).join(' ')
  const { errors } = await execute(`{ ${nested(`queue { consumers { nodes { ${names} } } }`)} }`)
  expect(errors?.[0]?.extensions.code).toBe('LIMIT_EXCEEDED')
})

test('lists of one request are read four at a time, and look-ups of many together', async () => {
  const names = (count: number) => Array.from({ length: count }, (_, i) => i)
  let running = 0
  let most = 0
  const counting = new Operations({
    schema,
    executionSchema: toExecutionSchema(createPgqSchema()),
    contextFor: (caller, parts) => {
      const context = createContext(
        { get: () => live, [Symbol.iterator]: () => [live].values() },
        noAdministration,
        defaultLimits,
        caller,
        parts,
      )
      const { budget } = context
      const run = budget.run.bind(budget)
      budget.run = (part) =>
        run(async () => {
          most = Math.max(most, ++running)
          try {
            return await part()
          } finally {
            running--
          }
        })
      return context
    },
    limits: defaultLimits,
    memory: new Memory(),
    toClientError: createClientErrors(testLogger()),
  })
  const query = `{ ${names(20)
    .map((i) => `a${i}: queues(first: 10) { nodes { name } } b${i}: queue(name: "q${i + 1}") { name }`)
    .join(' ')} }`
  const prepared = counting.prepare({ query }, anybody)
  if (!(prepared instanceof PreparedOperation)) throw new Error('refused')
  statements.length = 0
  const { errors } = await prepared.execute()
  expect(errors).toBeUndefined()
  expect(most).toBe(4)
  expect(statements.filter((name) => name === 'queues-forward')).toHaveLength(20)
  expect(statements.filter((name) => name === 'queues-named')).toHaveLength(1)
})

test('a query that nobody waits for ends', async () => {
  let isWanted = true
  const before = statements.length
  const lists = Array.from({ length: 20 }, (_, i) => `a${i}: queues(first: 500) { nodes { name } }`)
  const answer = execute(`{ ${lists.join(' ')} }`, () => isWanted)
  isWanted = false
  const { data } = await answer
  expect(data).toBeNull()
  expect(statements.length - before).toBeLessThanOrEqual(4)
})

test('other work has its turn while a large answer is made', async () => {
  let turns = 0
  const query = `{ ${nested('queue { consumers(first: 12) { nodes { name lagSeconds } } }')} }`
  await execute(query)
  const timer = setInterval(() => turns++, 0)
  const { errors } = await execute(query)
  clearInterval(timer)
  expect(errors).toBeUndefined()
  // 24,000 fields are five turns, and there are those in which the database is waited for.
  expect(turns).toBeGreaterThan(5)
})

test('all insertEvents of one request together hold no more events than one may', async () => {
  const events = JSON.stringify(Array.from({ length: 6_000 }, () => ({ type: 'x' })))
  const field = (alias: string) =>
    `${alias}: insertEvents(input: { queue: "big", events: $events }) { eventIds }`
  const prepared = prepare(`mutation ($events: [EventInput!]!) { ${field('a')} ${field('b')} }`, {
    events: JSON.parse(events) as unknown,
  })
  if (!(prepared instanceof PreparedOperation)) throw new Error('refused')
  const { errors } = await prepared.execute()
  expect(errors?.map(({ path, extensions }) => [path, extensions])).toEqual([
    [['b'], { code: 'LIMIT_EXCEEDED', field: 'events' }],
  ])
})

function leavesOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1
  return Object.values(value).reduce((sum: number, each) => sum + leavesOf(each), 0)
}

test('no document that passes has an answer larger than its budget, or many statements', async () => {
  let passed = 0
  await fc.assert(
    fc.asyncProperty(documents(schema), async (query) => {
      const prepared = prepare(query)
      if (!(prepared instanceof PreparedOperation)) {
        expect(prepared.errors[0]?.extensions.code).toBe('LIMIT_EXCEEDED')
        return
      }
      passed++
      const before = statements.length
      const { data, errors } = await prepared.execute()
      for (const { extensions } of errors ?? []) expect(extensions.code).toBe('LIMIT_EXCEEDED')
      expect(leavesOf(data)).toBeLessThanOrEqual(defaultLimits.maxCost)
      expect(statements.length - before).toBeLessThan(300)
    }),
    { numRuns: 150 },
  )
  expect(passed).toBeGreaterThan(10)
})

test('introspection works, of this schema and of others in the process', async () => {
  const { data, errors } = await execute(getIntrospectionQuery())
  expect(errors).toBeUndefined()
  expect(Object.keys(data ?? {})).toEqual(['__schema'])
  const other = await graphql({
    schema: buildSchema('type Query { a: [Query] }'),
    source: '{ __type(name: "Query") { fields { name args { name } } enumValues { name } } }',
  })
  expect(other.errors).toBeUndefined()
})

test('a filter of a thousand types is allowed, and a larger one is not', async () => {
  const query =
    'query ($types: [String!]) { batch(id: 1) { eventPage(filter: { types: $types }) { hasNextPage } } }'
  expect(codesOf(query, { types: ['a'] })).toEqual([])
  expect(() => filterValues({ types: Array<string>(1_000).fill('a') })).not.toThrow()
  expect(() => filterValues({ types: Array<string>(1_001).fill('a') })).toThrow(/1000 types/)
})
