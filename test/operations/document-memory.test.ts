import { expect, test } from 'vitest'
import { anybody } from '../../src/caller.ts'
import { defaultLimits } from '../../src/defaults.ts'
import { Memory } from '../../src/memory/memory.ts'
import { createClientErrors } from '../../src/operations/client-errors.ts'
import { toExecutionSchema } from '../../src/operations/execution-schema.ts'
import { Operations } from '../../src/operations/operations.ts'
import { PreparedOperation } from '../../src/operations/prepared-operation.ts'
import { createPgqSchema } from '../../src/schema/index.ts'
import { collectGarbage } from '../support/garbage.ts'
import { testLogger } from '../support/logger.ts'

const operations = new Operations({
  schema: createPgqSchema(),
  executionSchema: toExecutionSchema(createPgqSchema()),
  contextFor: () => {
    throw new Error('nothing is executed here')
  },
  limits: defaultLimits,
  memory: new Memory(),
  toClientError: createClientErrors(testLogger()),
})

function heldBytes(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

/** Writes events into the text of a document, as some clients do. */
function document(n: number, events: number, dataLength = 1): string {
  const list = Array.from({ length: events }, () => `{data:"${'x'.repeat(dataLength)}"}`).join(' ')
  return `mutation M${n} { insertEvents(input: {queue: "q", events: [${list}]}) { eventIds } }`
}

test.each([
  ['small', (n: number) => document(n, 10), true],
  ['of 20 kB', (n: number) => document(n, 1_500), true],
  ['of 1 MB with few tokens', (n: number) => document(n, 1, 1_000_000), true],
  ['that are refused', (n: number) => `${document(n, 10)} query Q { nothing }`, false],
  ['that are no GraphQL', (n: number) => `${document(n, 1_000)} }`, false],
] as const)(
  'many different documents %s are kept within bounds',
  { timeout: 120_000 },
  (_, textOf, isValid) => {
    const prepare = (n: number) =>
      operations.prepare({ query: textOf(n) }, anybody) instanceof PreparedOperation
    expect(prepare(0)).toBe(isValid)
    const before = heldBytes()
    for (let n = 1; n <= 200; n++) expect(prepare(n)).toBe(isValid)
    expect(heldBytes() - before).toBeLessThan(40 * 1024 * 1024)
  },
)
