import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { until, withDeadline } from '../../../test/support/deadline.ts'
import { startTestServer, type TestServer } from '../../../test/support/server.ts'
import {
  type Batch,
  type ConsumeProblem,
  createClient,
  type Event,
  fail,
  type PgqClient,
  PgqClientError,
  retry,
} from '../../src/index.ts'
import { failureOf } from '../support/failure.ts'
import { Received } from '../support/received.ts'
import { TokenIssuer } from '../support/token-issuer.ts'
import { type Over, transports } from '../support/transports.ts'

const [http, socket] = transports as [Over, Over]
const fast = { tickerMaxLagSeconds: 0.01 }

async function startServer() {
  const issuer = new TokenIssuer()
  let endedStreams = 0
  const server = await startTestServer({
    authenticate: issuer.authenticate,
    instrumentation: {
      stream({ state }) {
        if (state === 'ended') endedStreams++
      },
    },
  })
  return {
    issuer,
    server,
    get endedStreams() {
      return endedStreams
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** The data of the events of a queue, with the repetitions of those that were retried. */
async function storedIn({ fixture }: TestServer, queue: string): Promise<string[]> {
  const sql = await fixture.connect()
  try {
    const { rows } = await sql.query('select queue_data_pfx as name from pgq.queue where queue_name = $1', [
      queue,
    ])
    const events = await sql.query(`select ev_data as data from ${rows[0].name} where ev_retry is null`)
    return events.rows.map(({ data }) => data)
  } finally {
    await sql.end()
  }
}

const numberOf = (data: string | null) => Number(data?.split(' ').at(-1))
const sorted = (texts: Iterable<string | null>) => [...texts].map(String).sort()

describe.each(transports)('over $name, a batch in work whose token is revoked', ({ createClient }) => {
  async function startWork() {
    const t = await startServer()
    let isRefused = false
    const token = () => {
      if (isRefused) throw new Error('no luck')
      return t.issuer.issue('opaque')
    }
    const client = createClient({ url: t.server.url, token })
    for (const queue of ['orders', 'mails']) await client.createQueue(queue, fast)
    return {
      ...t,
      client,
      problems: [] as ConsumeProblem[],
      refuse: (now: boolean) => {
        isRefused = now
      },
    }
  }

  test('is settled with all that was decided, with another token', async () => {
    await using t = await startWork()
    const { client, issuer, problems } = t
    const received = new Received<{ batch: Batch; release: () => void }>()
    const options = { consumer: 'billing', onProblem: (problem: ConsumeProblem) => problems.push(problem) }
    await using consumption = client.consume('orders', options, async (batch) => {
      await new Promise<void>((resolve) => received.push({ batch, release: resolve }))
      const [first, second, third] = batch.events as [Event, Event, Event]
      if (!second) return
      batch.retry(first, 0)
      batch.fail(second, 'no address')
      batch.publish('mails', { data: third.data })
    })
    await consumption.ready
    await client.publish('orders', [{ data: 'a' }, { data: 'b' }, { data: 'c' }])
    const first = await received.next()
    issuer.revokeAll()
    // Its stream is open again, and has the same batch.
    await until(() => issuer.issued.length === 2, 'another token')
    first.release()
    const again = await received.next('the event that is retried')
    again.release()
    expect(again.batch.events.map(({ data }) => data)).toEqual(['a'])
    await consumption.stop()
    expect(received.all).toHaveLength(2)
    expect(await storedIn(t.server, 'mails')).toEqual(['c'])
    const dead = client.deadLetters({ queue: 'orders' })
    expect((await dead.next()).value).toMatchObject({ reason: 'no address', event: { data: 'b' } })
    expect((await dead.next()).done).toBe(true)
    expect(problems).toEqual([])
  })

  test('is settled later, once, where no token is to be had for a while', async () => {
    await using t = await startWork()
    const { client, issuer, problems } = t
    const options = { consumer: 'billing', onProblem: (problem: ConsumeProblem) => problems.push(problem) }
    let handled = 0
    await using consumption = client.consume('orders', options, {
      event(event, batch) {
        handled++
        t.refuse(true)
        issuer.revokeAll()
        batch.publish('mails', { data: event.data })
      },
    })
    await consumption.ready
    await client.publish('orders', { data: 'a' })
    await until(() => problems.length >= 4, 'failures')
    expect(await storedIn(t.server, 'mails')).toEqual([])
    t.refuse(false)
    await until(async () => (await storedIn(t.server, 'mails')).length > 0, 'the mail')
    await consumption.stop()
    expect([handled, await storedIn(t.server, 'mails')]).toEqual([1, ['a']])
    for (const problem of problems) {
      expect(problem).toMatchObject({ kind: 'connection', error: { code: 'UNAUTHENTICATED' } })
    }
  })
})

test('nothing is lost or done twice over 100 ends of tokens', async () => {
  await using t = await startServer()
  const { issuer, server } = t
  const clientWith = (over: Over, kind: 'JWT' | 'opaque', lifeMs = 300): PgqClient =>
    over.createClient({ url: server.url, token: () => issuer.issue(kind, lifeMs) })
  const calm = clientWith(http, 'JWT', 60_000)
  await calm.createQueue('orders', { tickerMaxLagSeconds: 0.05 })
  await calm.createQueue('done')
  const problems: string[] = []
  /** What went down with a WebSocket, and a second token that was late, is tried again. */
  const note = (who: string, error: unknown) => {
    const code = error instanceof PgqClientError ? error.code : undefined
    if (code !== 'UNAVAILABLE' && code !== 'UNAUTHENTICATED') problems.push(`${who} met ${error}`)
  }

  const handled = new Map<string, number>()
  const consume = (client: PgqClient, consumer: string, subconsumer?: string) =>
    client.consume(
      'orders',
      { consumer, subconsumer, concurrency: 20, onProblem: ({ error }) => note(consumer, error) },
      {
        async event({ data, retry: tries }, batch) {
          const number = numberOf(data)
          // Some batches last longer than a token.
          if (number % 50 === 0) await delay(400)
          if (number % 7 === 0 && tries === null) return retry(0)
          const key = `${consumer} ${data}`
          handled.set(key, (handled.get(key) ?? 0) + 1)
          if (number % 11 === 0) return fail('as it must')
          batch.publish('done', { data: key })
          return undefined
        },
      },
    )
  const consumptions = [
    consume(clientWith(http, 'JWT'), 'http'),
    consume(clientWith(socket, 'opaque', 500), 'socket'),
    consume(clientWith(http, 'opaque'), 'group', 'one'),
    consume(clientWith(socket, 'JWT'), 'group', 'two'),
  ]
  await withDeadline(Promise.all(consumptions.map(({ ready }) => ready)), 'the consumers', 20_000)

  const stopping = new AbortController()
  const { queue } = await calm.request<{ queue: { lastTickId: string } }>(
    '{ queue(name: "orders") { lastTickId } }',
  )
  const startTail = (client: PgqClient) => {
    const seen: (string | null)[] = []
    const options = {
      after: queue.lastTickId,
      signal: stopping.signal,
      onLost: (error: unknown) => note('a tail', error),
    }
    const read = async () => {
      for await (const message of client.tail('orders', options)) {
        if (message.__typename === 'Gap') problems.push('a tail has a gap')
        else for (const event of message.events) if (event.retry === null) seen.push(event.data)
      }
    }
    return { seen, done: read() }
  }
  const tails = [startTail(clientWith(http, 'opaque')), startTail(clientWith(socket, 'JWT'))]

  const acknowledged: string[] = []
  const produce = async (name: string, client: PgqClient) => {
    for (let number = 0; t.endedStreams < 100; number++) {
      const data = `${name} ${number}`
      try {
        await client.publish('orders', { data })
        acknowledged.push(data)
      } catch (error) {
        note('a producer', error)
        // Nothing of it was done, so that it may be published again; otherwise it may be done or not.
        if (error instanceof PgqClientError && error.code === 'UNAUTHENTICATED') number--
      }
      await delay(10)
    }
  }
  const producing = [
    produce('p1', clientWith(http, 'JWT')),
    produce('p2', clientWith(http, 'opaque')),
    produce('p3', clientWith(socket, 'JWT')),
    produce('p4', clientWith(socket, 'opaque')),
  ]
  await withDeadline(Promise.all(producing), '100 ends', 120_000)

  let published: string[] = []
  const isDone = async () => {
    published = await storedIn(server, 'orders')
    return handled.size >= 3 * published.length && tails.every(({ seen }) => seen.length >= published.length)
  }
  const describe = () => `on ${published.length}: ${handled.size}, ${tails.map(({ seen }) => seen.length)}`
  await until(isDone, 'the work', { timeoutMs: 60_000, describe })
  await Promise.all(consumptions.map((consumption) => consumption.stop()))
  stopping.abort()
  await Promise.all(tails.map(({ done }) => done))

  const expected = ['http', 'socket', 'group'].flatMap((name) => published.map((data) => `${name} ${data}`))
  const isDead = (key: string) => numberOf(key) % 11 === 0
  const dead: string[] = []
  for await (const { event, consumerName } of calm.deadLetters()) dead.push(`${consumerName} ${event.data}`)
  expect(problems).toEqual([])
  expect(new Set(published).size).toBe(published.length)
  expect(acknowledged.filter((data) => !published.includes(data))).toEqual([])
  expect([...handled].filter(([, times]) => times > 1)).toEqual([])
  expect(sorted(handled.keys())).toEqual(sorted(expected))
  expect(sorted(await storedIn(server, 'done'))).toEqual(sorted(expected.filter((key) => !isDead(key))))
  expect(sorted(dead)).toEqual(sorted(expected.filter(isDead)))
  for (const { seen } of tails) expect(sorted(seen)).toEqual(sorted(published))

  // No claim is left: a consumer that does not stand by may begin.
  await using next = calm.consume('orders', { consumer: 'http', register: false }, () => {})
  await withDeadline(next.ready, 'the next consumer', 5_000)
}, 240_000)

test('a consumer whose token is refused for good does not storm the server', async () => {
  await using t = await startServer()
  const { issuer, server } = t
  const client = createClient({ url: server.url, token: () => 'bad' })
  const problems = new Received<ConsumeProblem>()
  const options = { consumer: 'c', onProblem: (problem: ConsumeProblem) => problems.push(problem) }
  await using consumption = client.consume('orders', options, () => {})
  const delays = []
  for (let count = 0; count < 4; count++) delays.push(await problems.next())
  // Each time a token is asked for once more.
  expect(issuer.refusedCount).toBe(8)
  expect(delays.map((problem) => 'retryInMs' in problem && problem.retryInMs)).toEqual(
    [100, 200, 400, 800].map((ms) => expect.toSatisfy((delayMs) => delayMs >= ms / 2 && delayMs <= ms)),
  )
  await consumption.stop()
  expect(await failureOf(client.createQueue('x'))).toMatchObject({ code: 'UNAUTHENTICATED' })
})
