import { expect, test } from 'vitest'
import { until, withDeadline } from '../../../test/support/deadline.ts'
import { startTestServer } from '../../../test/support/server.ts'
import {
  type ConsumeProblem,
  createClient,
  type Event,
  type EventConsumeOptions,
  type EventHandlers,
  fail,
  type PgqClient,
  retry,
} from '../../src/index.ts'
import { Received } from '../support/received.ts'

/** The queue ticks soon enough for a test on a busy machine. */
const queue = { tickerMaxLagSeconds: 0.01 }

async function startQueues(...names: string[]) {
  const server = await startTestServer()
  const client = createClient({ url: server.url })
  for (const name of names) await client.createQueue(name, queue)
  return { server, client, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => ({ data: String(index) }))

async function deadLetters(client: PgqClient): Promise<unknown> {
  const document = '{ deadLetters { nodes { reason event { data retry } } } }'
  const answer = (await client.request(document)) as { deadLetters: { nodes: unknown } }
  return answer.deadLetters.nodes
}

test('settles each event by what its handler returns', async () => {
  await using setting = await startQueues('orders')
  const { client } = setting
  const received = new Received<[string | null, number | null]>()
  await using consumption = client.consume(
    'orders',
    { consumer: 'billing' },
    {
      event(event) {
        received.push([event.data, event.retry])
        if (event.data === 'later' && event.retry === null) return retry(0)
        if (event.data === 'never') return fail('no such order')
        return undefined
      },
    },
  )
  await consumption.ready
  await client.publish('orders', [{ data: 'good' }, { data: 'later' }, { data: 'never' }])
  const seen = [await received.next(), await received.next(), await received.next(), await received.next()]
  expect(seen).toEqual([
    ['good', null],
    ['later', null],
    ['never', null],
    ['later', 1],
  ])
  expect(await deadLetters(client)).toEqual([
    { reason: 'no such order', event: { data: 'never', retry: null } },
  ])
})

test('a fallback alone, as JavaScript may give it, takes every event', async () => {
  await using setting = await startQueues('orders')
  const { client } = setting
  const received = new Received<string | null>()
  const handlers = { fallback: (event: Event) => received.push(event.type) } as never
  await using consumption = client.consume('orders', { consumer: 'billing' }, handlers)
  await consumption.ready
  await client.publish('orders', [{ type: 'paid', data: '' }])
  expect(await received.next()).toBe('paid')
})

test('gives an event to the handler of its type, and any other to the fallback', async () => {
  await using setting = await startQueues('orders')
  const { client } = setting
  const received = new Received<string>()
  const note = (handler: string) => (event: Event) => {
    received.push(`${handler} ${event.type}`)
  }
  await using consumption = client.consume(
    'orders',
    { consumer: 'billing' },
    { types: { created: note('created'), '': note('empty') }, fallback: note('fallback') },
  )
  await consumption.ready
  const types = ['created', '', 'constructor', '__proto__', 'paid', undefined]
  await client.publish(
    'orders',
    types.map((type) => ({ type, data: '' })),
  )
  const seen: string[] = []
  for (const _ of types) seen.push(await received.next())
  expect(seen).toEqual([
    'created created',
    'empty ',
    'fallback constructor',
    'fallback __proto__',
    'fallback paid',
    'fallback null',
  ])
})

test.each([
  [{ types: { created() {} } }, 'The handler fallback must be a function'],
  [{ types: { created: 7 }, fallback() {} }, 'The handler types.created must be a function'],
  [{ event: undefined }, 'The handler event must be a function'],
])('refuses handlers %o at once', (handlers, message) => {
  const client = createClient({ url: 'http://127.0.0.1:1/graphql' })
  expect(() => client.consume('orders', { consumer: 'a' }, handlers as unknown as EventHandlers)).toThrow(
    message,
  )
})

test.each<[EventConsumeOptions, string]>([
  [{ consumer: 'a', concurrency: 0 }, 'concurrency'],
  [{ consumer: 'a', retries: { maxTries: 0 } }, 'maxTries'],
  [{ consumer: 'a', retries: { factor: 0.5 } }, 'factor'],
  [{ consumer: 'a', retries: { baseSeconds: Number.NaN } }, 'baseSeconds'],
  [{ consumer: 'a', retries: { maxSeconds: 1e9 } }, 'maxSeconds'],
  [{ consumer: 'a', heartbeatSeconds: 0 }, 'heartbeatSeconds'],
  [{ consumer: 'a', deadIntervalSeconds: Number.NaN }, 'deadIntervalSeconds'],
  [{ consumer: 'a', minCount: -1 }, 'minCount'],
  [{ consumer: 'a', minIntervalSeconds: Number.NaN }, 'minIntervalSeconds'],
  [{ consumer: 'a', minLagSeconds: Number.POSITIVE_INFINITY }, 'minLagSeconds'],
  [{ consumer: 'a', pageSize: 0 }, 'pageSize'],
])('refuses options %o at once', (options, name) => {
  const client = createClient({ url: 'http://127.0.0.1:1/graphql' })
  const consume = () => client.consume('orders', options, { event() {} })
  expect(consume).toThrow(expect.objectContaining({ code: 'BAD_INPUT', field: name }))
})

test('retries an event whose handler throws after growing delays, and then makes it a dead letter', async () => {
  await using setting = await startQueues('orders')
  const { client } = setting
  const tries = new Received<number | null>()
  const problems: ConsumeProblem[] = []
  const neighbours = new Received<string | null>()
  await using consumption = client.consume(
    'orders',
    {
      consumer: 'billing',
      retries: { baseSeconds: 0.02, factor: 4, maxSeconds: 0.05, maxTries: 4 },
      onProblem: (problem) => problems.push(problem),
    },
    {
      async event(event) {
        if (event.data !== 'bad') return neighbours.push(event.data)
        tries.push(event.retry)
        throw new Error(`no\0good ${'x'.repeat(5_000)}`)
      },
    },
  )
  await consumption.ready
  await client.publish('orders', [{ data: 'bad' }, { data: 'good' }])
  for (const expected of [null, 1, 2, 3]) expect(await tries.next()).toBe(expected)
  await until(() => problems.length === 4, 'the last problem')
  const letters = await until(async () => {
    const all = (await deadLetters(client)) as { reason: string }[]
    return all.length > 0 && all
  }, 'the dead letter')
  expect(letters).toHaveLength(1)
  expect(letters[0]?.reason).toBe(`no\u{fffd}good ${'x'.repeat(992)}`)
  expect(neighbours.all).toEqual(['good'])
  const delays = problems.map((problem) => (problem.kind === 'event' ? problem.afterSeconds : undefined))
  expect(delays[0]).toBeGreaterThanOrEqual(0.01)
  expect(delays[0]).toBeLessThanOrEqual(0.02)
  for (const delay of [delays[1], delays[2]]) {
    expect(delay).toBeGreaterThanOrEqual(0.025)
    expect(delay).toBeLessThanOrEqual(0.05)
  }
  expect(delays[3]).toBeNull()
})

test('takes what is no outcome for a failure, not for done', async () => {
  await using setting = await startQueues('orders')
  const { client } = setting
  const problems = new Received<ConsumeProblem>()
  const returned: unknown[] = [false, null, 'done', { outcome: 'retry', afterSeconds: -1 }, { outcome: 'ok' }]
  const handlers = { event: (event: Event) => returned[Number(event.data)] }
  await using consumption = client.consume(
    'orders',
    { consumer: 'billing', retries: { maxTries: 1 }, onProblem: (problem) => problems.push(problem) },
    handlers as EventHandlers,
  )
  await consumption.ready
  await client.publish('orders', numbered(returned.length))
  for (const _ of returned) {
    expect(await problems.next()).toMatchObject({ kind: 'event', tries: 1, afterSeconds: null })
  }
})

test('publishes what the handlers of a batch decided in the order of its events, and not what a throw left behind', async () => {
  await using setting = await startQueues('orders', 'follow-ups')
  const { client } = setting
  const received = new Received<string | null>()
  const releases: (() => void)[] = []
  await using orders = client.consume(
    'orders',
    { consumer: 'billing', concurrency: 3, retries: { maxTries: 1 }, onProblem: () => {} },
    {
      async event(event, batch) {
        batch.publish('follow-ups', { data: `of ${event.data}` })
        await new Promise<void>((resolve) => {
          // The last event is done first.
          releases.unshift(resolve)
          if (releases.length === 3) for (const release of releases) release()
        })
        if (event.data === '1') throw new Error('no')
      },
    },
  )
  await using followUps = client.consume(
    'follow-ups',
    { consumer: 'mailer' },
    { event: (event) => received.push(event.data) },
  )
  await Promise.all([orders.ready, followUps.ready])
  await client.publish('orders', numbered(3))
  expect([await received.next(), await received.next()]).toEqual(['of 0', 'of 2'])
  expect(received.all).toHaveLength(2)
})

test('works on as many events at once as it may, and on no more', async () => {
  await using setting = await startQueues('orders')
  const { client } = setting
  const begun = new Received<() => void>()
  let inWork = 0
  let most = 0
  await using consumption = client.consume(
    'orders',
    { consumer: 'billing', concurrency: 4 },
    {
      async event() {
        most = Math.max(most, ++inWork)
        await new Promise<void>((resolve) => begun.push(resolve))
        inWork--
      },
    },
  )
  await consumption.ready
  await client.publish('orders', numbered(12))
  const held = [await begun.next(), await begun.next(), await begun.next(), await begun.next()]
  for (const release of held) release()
  for (let index = 4; index < 12; index++) (await begun.next())()
  expect(most).toBe(4)
})

test('begins events of one key in their order, one after another, and those of others beside them', async () => {
  await using setting = await startQueues('orders')
  const { client } = setting
  const log = new Received<string>()
  const keysInWork = new Set<string>()
  let together = 0
  await using consumption = client.consume(
    'orders',
    {
      consumer: 'billing',
      concurrency: 4,
      orderBy: (event) => event.extra1,
      onProblem: () => {},
    },
    {
      async event({ data, extra1 }) {
        const key = String(extra1)
        expect(keysInWork.has(key)).toBe(false)
        keysInWork.add(key)
        together = Math.max(together, keysInWork.size)
        await new Promise((resolve) => setTimeout(resolve, key === 'a' ? 3 : 1))
        keysInWork.delete(key)
        log.push(`${key}${data}`)
      },
    },
  )
  await consumption.ready
  await client.publish(
    'orders',
    numbered(60).map(({ data }, index) => ({ data, extra1: 'aaabcd'.charAt(index % 6) })),
  )
  for (let index = 0; index < 60; index++) await log.next()
  for (const key of 'abcd') {
    const own = log.all.filter((entry) => entry.startsWith(key)).map((entry) => Number(entry.slice(1)))
    expect(own).toEqual([...own].sort((one, other) => one - other))
  }
  expect(together).toBeGreaterThan(1)
})

test('retries an event that has no key, and goes on with the others', async () => {
  await using setting = await startQueues('orders')
  const { client } = setting
  const received = new Received<string | null>()
  const problems = new Received<ConsumeProblem>()
  await using consumption = client.consume(
    'orders',
    {
      consumer: 'billing',
      orderBy: (event) => (event.json as { id: number }).id,
      retries: { maxTries: 1 },
      onProblem: (problem) => problems.push(problem),
    },
    { event: (event) => received.push(event.data) },
  )
  await consumption.ready
  await client.publish('orders', [{ data: 'null' }, { json: { id: 1 } }])
  expect(await received.next()).toBe('{"id":1}')
  expect(await problems.next()).toMatchObject({ kind: 'event', error: expect.any(TypeError) })
})

test('finishes what is begun after a stop and puts the rest back at once, so that no event is done twice', async () => {
  await using setting = await startQueues('orders')
  const { client } = setting
  const begun = new Received<{ data: string | null; release: () => void }>()
  const first = client.consume(
    'orders',
    { consumer: 'billing', concurrency: 2 },
    { event: ({ data }) => new Promise<void>((release) => begun.push({ data, release })) },
  )
  await first.ready
  await client.publish('orders', numbered(5))
  const held = [await begun.next(), await begun.next()]
  const stopped = first.stop()
  for (const { release } of held) release()
  await withDeadline(stopped, 'the end')
  expect(begun.all.map(({ data }) => data)).toEqual(['0', '1'])

  const rest = new Received<string | null>()
  await using _second = client.consume(
    'orders',
    { consumer: 'billing' },
    { event: ({ data }) => rest.push(data) },
  )
  const seen = [await rest.next(), await rest.next(), await rest.next()]
  expect(seen.sort()).toEqual(['2', '3', '4'])
  expect(rest.all).toHaveLength(3)
})

test('hears of a stop in the middle of a batch whose handler never waits', async () => {
  await using setting = await startQueues('orders')
  const { client } = setting
  let begun = 0
  const consumption = client.consume(
    'orders',
    { consumer: 'billing' },
    {
      event() {
        begun++
        setTimeout(() => consumption.stop())
        const endsAt = performance.now() + 1
        while (performance.now() < endsAt);
      },
    },
  )
  await consumption.ready
  await client.publish('orders', numbered(2_000))
  await withDeadline(consumption.done, 'the end')
  expect(begun).toBeLessThan(1_000)
})

test('works an ordered batch to its end after a stop', async () => {
  await using setting = await startQueues('orders')
  const { client } = setting
  const begun = new Received<{ data: string | null; release: () => void }>()
  const consumption = client.consume(
    'orders',
    { consumer: 'billing', orderBy: () => 'all' },
    { event: ({ data }) => new Promise<void>((release) => begun.push({ data, release })) },
  )
  await consumption.ready
  await client.publish('orders', numbered(3))
  const first = await begun.next()
  const stopped = consumption.stop()
  first.release()
  for (const expected of ['1', '2']) {
    const { data, release } = await begun.next()
    expect(data).toBe(expected)
    release()
  }
  await withDeadline(stopped, 'the end')
})

test('leaves the batch to the next worker when a handler never returns', async () => {
  await using setting = await startQueues('orders')
  const { client } = setting
  const begun = new Received<AbortSignal>()
  const hung = client.consume(
    'orders',
    { consumer: 'billing', onProblem: () => {} },
    {
      event: (event, batch) => {
        if (event.data !== '1') return undefined
        begun.push(batch.signal)
        return new Promise<never>(() => {})
      },
    },
  )
  await hung.ready
  await client.publish('orders', numbered(3))
  const signal = await begun.next()
  await withDeadline(hung.stop({ deadlineMs: 50 }), 'the end')
  expect(signal.aborted).toBe(true)

  const again = new Received<string | null>()
  await using _second = client.consume(
    'orders',
    { consumer: 'billing' },
    { event: ({ data }) => again.push(data) },
  )
  expect([await again.next(), await again.next(), await again.next()]).toEqual(['0', '1', '2'])
})

test('reports and drops the work of a batch that another worker has taken', async () => {
  await using setting = await startQueues('orders')
  const { client, server } = setting
  const begun = new Received<{ release: () => void; signal: AbortSignal; batchId: string }>()
  const problems = new Received<ConsumeProblem>()
  await using consumption = client.consume(
    'orders',
    { consumer: 'billing', onProblem: (problem) => problems.push(problem) },
    {
      event: (_, { signal, batchId }) =>
        new Promise<void>((release) => begun.push({ release, signal, batchId })),
    },
  )
  await consumption.ready
  await client.publish('orders', { data: '' })
  const { release, signal, batchId } = await begun.next()
  const sql = await server.fixture.connect()
  await sql.query('update pgq_gateway.lease set token = gen_random_uuid() where batch_id = $1', [batchId])
  await sql.end()
  release()
  expect(await problems.next()).toMatchObject({ kind: 'stale', batchId, error: { code: 'STALE_LEASE' } })
  expect(signal.aborted).toBe(true)
})
