import { type DocumentNode, execute, parse } from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Caller, createCaller } from '../../src/caller.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import type { Data } from '../support/graphql.ts'
import { seededRandom } from '../support/random.ts'
import { type GuardedServer, openBatch, startGuardedServer } from './guarded-server.ts'

let t: GuardedServer
const caller = createCaller({
  name: 'outsider',
  grants: ['admin:main/other', 'consume:main/orders/mail'],
})

/** What there is, and is hidden from the caller. */
const hidden: Data = { database: 'hidden', queue: 'secret', consumer: 'billing' }
const absent: Data = {
  database: 'absent',
  queue: 'absent',
  consumer: 'absence',
  batchId: '98765',
  letter: '98765',
}

let hiddenDatabase: TestDatabase

beforeAll(async () => {
  t = await startGuardedServer({ ticker: false })
  hiddenDatabase = await createTestDatabase()
  t.gateway.databases.add({ name: 'hidden', connectionString: hiddenDatabase.url, ticker: false })
  await t.gateway.databases.get('hidden').ready()
  for (const queue of ['secret', 'orders', 'other'])
    await t.done('root', `mutation { createQueue(input: { name: "${queue}" }) { created } }`)
  for (const consumer of ['billing', 'failing'])
    await t.done(
      'root',
      `mutation { registerConsumer(input: { queue: "orders", consumer: "${consumer}" }) { registered } }`,
    )
  const { batchId } = await openBatch(t, { queue: 'orders', consumer: 'billing' })
  // A large letter takes longer to read than none.
  const failing = await openBatch(t, { queue: 'orders', consumer: 'failing', data: 'x'.repeat(500_000) })
  const { failEvent } = await t.done(
    'root',
    `mutation { failEvent(input: { batchId: "${failing.batchId}", leaseToken: "${failing.leaseToken}", eventId: "${failing.eventId}", reason: "it failed" }) {
      deadLetter { deadLetterId } } }`,
  )
  Object.assign(hidden, { batchId, letter: failEvent.deadLetter.deadLetterId })
  for (const names of [hidden, absent])
    for (const [key, type] of [
      ['batchNode', 'Batch'],
      ['letterNode', 'DeadLetter'],
    ] as const)
      names[key] = Buffer.from(`${type}:main/${type === 'Batch' ? names.batchId : names.letter}`).toString(
        'base64url',
      )
})

afterAll(async () => {
  await t[Symbol.asyncDispose]()
  await hiddenDatabase[Symbol.asyncDispose]()
})

const TRIES = 1_000
/** Tries before the first that counts, until code is compiled and connections are there. */
const WARM_UPS = 100

/** Measures one try, without a transport, whose noise would hide differences (milliseconds). */
async function durationOf(document: DocumentNode, variableValues: Data, asking: Caller): Promise<number> {
  const args = {
    schema: t.gateway.schema,
    document,
    variableValues,
    contextValue: t.gateway.contextFor(asking),
  }
  const startedMs = performance.now()
  await execute(args)
  return performance.now() - startedMs
}

const medianOf = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

/** Share of pairs, one of each sample, of which the first takes longer: a half, where nobody can tell them apart. */
function shareOfLonger(some: readonly number[], others: readonly number[]): number {
  const sorted = others.toSorted((a, b) => a - b)
  let below = 0
  let longer = 0
  for (const value of some.toSorted((a, b) => a - b)) {
    while (below < sorted.length && (sorted[below] ?? 0) < value) below++
    longer += below
  }
  return longer / (some.length * others.length)
}

/** Compares tries that alternate in a random order, so that whatever else the machine does falls on both. */
async function compare(query: string, asking = caller) {
  const document = parse(query)
  const random = seededRandom(1)
  const samples = { ofHidden: [] as number[], ofAbsent: [] as number[] }
  for (let n = -WARM_UPS; n < TRIES; n++) {
    const order = random.pick([
      ['ofHidden', 'ofAbsent'],
      ['ofAbsent', 'ofHidden'],
    ] as const)
    for (const key of order) {
      const duration = await durationOf(document, key === 'ofHidden' ? hidden : absent, asking)
      if (n >= 0) samples[key].push(duration)
    }
  }
  const differenceMs = medianOf(samples.ofHidden) - medianOf(samples.ofAbsent)
  return { differenceMs, longer: shareOfLonger(samples.ofHidden, samples.ofAbsent) }
}

/** Says whether somebody on the network could tell the samples apart: often, and by a time that the network does not blur. */
function isTelling({ differenceMs, longer }: { differenceMs: number; longer: number }): boolean {
  return Math.abs(longer - 0.5) > 0.25 && Math.abs(differenceMs) > 0.1
}

const lease = 'leaseToken: "00000000-0000-4000-8000-000000000000"'

test.each([
  ['a queue', 'query ($queue: String!) { queue(name: $queue) { name } }'],
  ['a consumer', 'query ($consumer: String!) { consumer(queue: "orders", name: $consumer) { name } }'],
  ['event types', 'query ($queue: String!) { eventTypes(queue: $queue) { type } }'],
  [
    'to publish',
    'mutation ($queue: String!) { insertEvent(input: { queue: $queue, type: "x" }) { eventId } }',
  ],
  [
    'to open',
    'mutation ($consumer: String!) { nextBatch(input: { queue: "orders", consumer: $consumer }) { batch { batchId } } }',
  ],
  ['a database', 'query ($database: String!) { queue(database: $database, name: "secret") { name } }'],
  ['a batch', 'query ($batchId: BigInt!) { batch(id: $batchId) { events { data } } }'],
  ['the node of a batch', 'query ($batchNode: ID!) { node(id: $batchNode) { id } }'],
  ['the node of a dead letter', 'query ($letterNode: ID!) { node(id: $letterNode) { id } }'],
  [
    'to finish',
    `mutation ($batchId: BigInt!) { finishBatch(input: { batchId: $batchId, ${lease} }) { finished } }`,
  ],
  [
    'to finish without a lease',
    'mutation ($batchId: BigInt!) { finishBatch(input: { batchId: $batchId }) { finished } }',
  ],
  [
    'to delete',
    'mutation ($letter: BigInt!) { deleteDeadLetters(input: { deadLetterIds: [$letter] }) { deletedCount } }',
  ],
])('%s: time does not tell what is hidden from what is not there', async (_, query) => {
  const result = await compare(query)
  expect({ ...result, isTelling: isTelling(result) }).toEqual({ ...result, isTelling: false })
})

test('and where something may be seen, the same measurement tells', async () => {
  const result = await compare(
    'query ($letterNode: ID!) { node(id: $letterNode) { ... on DeadLetter { event { data } } } }',
    createCaller({ name: 'reader', grants: ['read:main/orders'] }),
  )
  expect(isTelling(result)).toBe(true)
})
