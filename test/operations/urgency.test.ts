import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { loopTurns } from '../../src/async/loop-turns.ts'
import { anybody } from '../../src/caller.ts'
import { defaultLimits } from '../../src/defaults.ts'
import { PgqError } from '../../src/errors.ts'
import { Memory } from '../../src/memory/memory.ts'
import { createClientErrors } from '../../src/operations/client-errors.ts'
import { toExecutionSchema } from '../../src/operations/execution-schema.ts'
import { Operations } from '../../src/operations/operations.ts'
import { PreparedOperation } from '../../src/operations/prepared-operation.ts'
import { createContext } from '../../src/schema/context.ts'
import { createPgqSchema } from '../../src/schema/index.ts'
import { noAdministration } from '../support/context.ts'
import { testLogger } from '../support/logger.ts'

const operations = new Operations({
  schema: createPgqSchema(),
  executionSchema: toExecutionSchema(createPgqSchema()),
  contextFor: (caller) => createContext(noDatabases, noAdministration, defaultLimits, caller),
  limits: defaultLimits,
  toClientError: createClientErrors(testLogger()),
  memory: new Memory(),
})

const noDatabases = {
  get(): never {
    throw new PgqError('NOT_FOUND', 'There is no database')
  },
  [Symbol.iterator]: () => [][Symbol.iterator](),
}

function prepare(query: string): PreparedOperation {
  const prepared = operations.prepare({ query }, anybody)
  if (!(prepared instanceof PreparedOperation)) throw new Error(JSON.stringify(prepared.errors))
  return prepared
}

test.each([
  'mutation { nextBatch(input: { queue: "q", consumer: "c" }) { batch { batchId } } }',
  'mutation { nextCoopBatch(input: { queue: "q", consumer: "c", subconsumer: "s" }) { batch { batchId } } }',
  'mutation { finishBatch(input: { batchId: "1" }) { finished } touchBatch(input: { batchId: "1" }) { touched } }',
  'mutation { retryBatch(input: { batchId: "1", afterSeconds: 1 }) { eventCount } }',
])('%s is urgent', (query) => {
  expect(prepare(query).operation.isUrgent).toBe(true)
})

test.each([
  '{ queues { nodes { name } } }',
  'mutation { insertEvent(input: { queue: "q", data: "" }) { eventId } }',
  `mutation { finishBatch(input: { batchId: "1" }) { finished }
     insertEvent(input: { queue: "q", data: "" }) { eventId } }`,
  'mutation { ...F } fragment F on Mutation { finishBatch(input: { batchId: "1" }) { finished } }',
])('%s is not urgent', (query) => {
  expect(prepare(query).operation.isUrgent).toBe(false)
})

test('a settlement waits for no publishing and lists', async () => {
  const log: string[] = []
  const others = Array.from({ length: 10 }, async () => {
    await nextTurn()
    await loopTurns.next()
    const endsAt = performance.now() + 6
    while (performance.now() < endsAt);
    log.push('other')
  })
  await nextTurn()
  const run = async (name: string, query: string) => {
    await prepare(query).execute()
    log.push(name)
  }
  const list = run('list', '{ queues { nodes { name } } }')
  const settlement = run('settlement', 'mutation { finishBatch(input: { batchId: "1" }) { finished } }')
  await Promise.all([...others, list, settlement])
  expect(log.indexOf('settlement')).toBeLessThan(4)
  expect(log.indexOf('list')).toBe(11)
})
