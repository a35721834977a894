import { describe, expect, test } from 'vitest'
import { until, withDeadline } from '../../../test/support/deadline.ts'
import { startTestServer, type TestServer } from '../../../test/support/server.ts'
import { startTcpProxy } from '../../../test/support/tcp-proxy.ts'
import { type Batch, type ConsumeProblem, createClient, type TailMessage } from '../../src/index.ts'
import { Received } from '../support/received.ts'
import { transports } from '../support/transports.ts'

const queue = { tickerMaxLagSeconds: 0.01 }

async function connect({ fixture }: TestServer) {
  const sql = await fixture.connect()
  return {
    async leaseToken(): Promise<string | undefined> {
      const { rows } = await sql.query<{ token: string }>(
        `select token from pgq_gateway.lease l join pgq.subscription s
             on s.sub_queue = l.queue_id and s.sub_consumer = l.consumer_id and s.sub_batch = l.batch_id`,
      )
      return rows[0]?.token
    },
    [Symbol.asyncDispose]: () => sql.end(),
  }
}

/** A handler that holds each batch until the test lets go of it. */
function heldHandler() {
  const received = new Received<{ batch: Batch; release: () => void }>()
  const handler = (batch: Batch) => new Promise<void>((resolve) => received.push({ batch, release: resolve }))
  return { received, handler }
}

describe.each(transports)('over $name', ({ createClient }) => {
  test('settles a batch whose connection was lost while it was worked on', async () => {
    await using server = await startTestServer()
    await using proxy = await startTcpProxy(server.url)
    const client = createClient({ url: server.url })
    await client.createQueue('orders', queue)
    const { received, handler } = heldHandler()
    const problems = new Received<ConsumeProblem>()
    const options = { consumer: 'billing', onProblem: (problem: ConsumeProblem) => problems.push(problem) }
    await using consumption = createClient({ url: proxy.url }).consume('orders', options, handler)
    await consumption.ready
    await client.publish('orders', { data: 'a' })
    const first = await received.next()

    proxy.cut()
    expect(await problems.next()).toMatchObject({ kind: 'connection', error: { code: 'UNAVAILABLE' } })
    first.release()
    await client.publish('orders', { data: 'b' })
    const second = await received.next('the next batch')
    second.release()
    expect(second.batch.events.map((event) => event.data)).toEqual(['b'])
    await consumption.stop()
    expect(received.all).toHaveLength(2)
    expect(problems.all.filter((problem) => problem.kind !== 'connection')).toEqual([])
  })

  test('keeps a batch of a cooperative member over a reconnect, and works on it once', async () => {
    await using server = await startTestServer()
    await using proxy = await startTcpProxy(server.url)
    const client = createClient({ url: server.url })
    await client.createQueue('orders', queue)
    const { received, handler } = heldHandler()
    const options = { consumer: 'group', deadIntervalSeconds: 1, onProblem: () => {} }
    const through = createClient({ url: proxy.url })
    await using one = through.consume('orders', { ...options, subconsumer: 'one' }, handler)
    await one.ready
    await client.publish('orders', { data: 'a' })
    const first = await received.next()
    await using sql = await connect(server)
    const token = await sql.leaseToken()

    proxy.cut()
    await until(async () => (await sql.leaseToken()) !== token, 'the lease after the reconnect')
    const stolen: Batch[] = []
    await using _two = client.consume('orders', { ...options, subconsumer: 'two' }, (batch) => {
      stolen.push(batch)
    })
    // This is longer than the dead interval: only the new connection's heartbeat keeps the batch.
    const beatenAt = Date.now()
    await until(() => Date.now() - beatenAt > 2_000, 'time to pass')
    first.release()
    await until(async () => (await sql.leaseToken()) === undefined, 'the end of the lease')
    expect(first.batch.signal.aborted).toBe(false)
    expect(received.all).toHaveLength(1)
    expect(stolen).toEqual([])
  })

  test('waits for its own connection of before to end, when the server has not noticed yet', async () => {
    await using server = await startTestServer()
    await using proxy = await startTcpProxy(server.url)
    const client = createClient({ url: server.url })
    await client.createQueue('orders', queue)
    const received = new Received<string | null>()
    const problems = new Received<ConsumeProblem>()
    const options = { consumer: 'billing', onProblem: (problem: ConsumeProblem) => problems.push(problem) }
    const through = createClient({ url: proxy.url })
    await using consumption = through.consume('orders', options, (batch) => {
      for (const event of batch.events) received.push(event.data)
    })
    await consumption.ready
    await client.publish('orders', { data: 'a' })
    expect(await received.next()).toBe('a')
    await using sql = await connect(server)
    await until(async () => (await sql.leaseToken()) === undefined, 'the end of the batch')

    proxy.cutUnnoticed()
    await problems.next('the loss')
    await client.publish('orders', { data: 'b' })
    proxy.bury()
    expect(await received.next()).toBe('b')
    expect(problems.all.map(({ kind }) => kind)).not.toContain('ended')
  })

  test('drops and reports a batch that another worker has taken, and goes on', async () => {
    await using server = await startTestServer()
    const client = createClient({ url: server.url })
    await client.createQueue('orders', queue)
    const { received, handler } = heldHandler()
    const problems = new Received<ConsumeProblem>()
    const options = { consumer: 'billing', onProblem: (problem: ConsumeProblem) => problems.push(problem) }
    await using consumption = client.consume('orders', options, handler)
    await consumption.ready
    await client.publish('orders', { data: 'a' })
    const first = await received.next()

    // A takeover makes the token of the worker before worthless, and another settles the batch.
    const sql = await server.fixture.connect()
    await sql.query('update pgq_gateway.lease set token = gen_random_uuid()')
    first.release()
    expect(await problems.next()).toMatchObject({
      kind: 'stale',
      batchId: first.batch.batchId,
      error: { code: 'STALE_LEASE' },
    })
    await sql.query('select pgq.finish_batch($1)', [first.batch.batchId])
    await sql.end()
    await client.publish('orders', { data: 'b' })
    const second = await received.next('a batch after the lost one')
    expect(second.batch.events.map((event) => event.data)).toEqual(['b'])
    second.release()
  })

  test('consumes on at a server that was started again, without loss', async () => {
    await using first = await startTestServer()
    await using proxy = await startTcpProxy(first.url)
    const client = createClient({ url: proxy.url })
    await client.createQueue('orders', queue)
    const received = new Received<string | null>()
    const options = { consumer: 'billing', onProblem: () => {} }
    const consumption = client.consume('orders', options, (batch) => {
      for (const event of batch.events) received.push(event.data)
    })
    await consumption.ready
    await client.publish('orders', { data: 'a' })
    expect(await received.next()).toBe('a')

    await using second = await startTestServer({ fixture: first.fixture })
    const restarted = createClient({ url: second.url })
    await restarted.publish('orders', { data: 'b' })
    proxy.target = second.url
    proxy.cut()
    expect(await received.next()).toBe('b')
    await consumption.stop()
    expect(received.all).toEqual(['a', 'b'])
  })

  test('tails on after a lost connection, each event once', async () => {
    await using server = await startTestServer({ limits: { maxBatchEvents: 3 } })
    await using proxy = await startTcpProxy(server.url)
    const client = createClient({ url: server.url })
    await client.createQueue('orders', queue)
    const tailing = createClient({ url: proxy.url }).tail('orders')
    const messages: TailMessage[] = []
    const data = () =>
      messages
        .flatMap((message) =>
          message.__typename === 'TickBatch' ? message.events.map((event) => event.data) : [message.reason],
        )
        .filter((each) => each !== 'beginning')
    const collect = async (count: number) => {
      while (data().length < count) {
        const { value } = await tailing.next()
        if (value) messages.push(value)
      }
    }
    const first = tailing.next()
    // The tail begins at the newest tick; events that were published before are not given.
    await until(async () => {
      await client.publish('orders', { data: 'beginning' })
      return Promise.race([first.then(() => true), client.createQueue('a round trip').then(() => false)])
    }, 'the beginning of the tail')
    const { value } = await first
    if (value) messages.push(value)
    const expected: string[] = []
    const publish = async (count: number) => {
      const fresh = Array.from({ length: count }, (_, index) => String(expected.length + index))
      expected.push(...fresh)
      await client.publish(
        'orders',
        fresh.map((each) => ({ data: each })),
      )
    }
    for (const cutAfter of [4, 11, 20]) {
      await publish(10)
      await withDeadline(collect(cutAfter), `${cutAfter} events`)
      proxy.cut()
    }
    await withDeadline(collect(30), 'all events')
    expect(data()).toEqual(expected)
  })

  test('ends a tail by its signal, and by return, while it waits', async () => {
    await using server = await startTestServer()
    const client = createClient({ url: server.url })
    await client.createQueue('orders')
    const control = new AbortController()
    const bySignal = client.tail('orders', { signal: control.signal }).next()
    const byReturn = client.tail('orders')
    const waiting = byReturn.next()
    control.abort()
    void byReturn.return?.()
    expect(await withDeadline(bySignal, 'the end')).toEqual({ done: true, value: undefined })
    expect(await withDeadline(waiting, 'the end')).toEqual({ done: true, value: undefined })
  })

  test('gives a tail the events of one type', async () => {
    await using server = await startTestServer()
    const client = createClient({ url: server.url })
    await client.createQueue('orders', queue)
    await client.publish('orders', [
      { type: 'a', json: { n: 1 } },
      { type: 'b' },
      { type: 'a', json: { n: 2 } },
    ])
    const seen: unknown[] = []
    for await (const message of client.tail('orders', { after: '1', filter: { types: ['a'] } })) {
      if (message.__typename === 'TickBatch') seen.push(...message.events.map((event) => event.json))
      if (seen.length === 2) break
    }
    expect(seen).toEqual([{ n: 1 }, { n: 2 }])
  })

  test('refuses to tail a queue that is missing', async () => {
    await using server = await startTestServer()
    const client = createClient({ url: server.url })
    await expect(client.tail('missing').next()).rejects.toMatchObject({ code: 'QUEUE_NOT_FOUND' })
  })
})

test('settles once when the reply to finishBatch is lost', async () => {
  await using server = await startTestServer()
  const client = createClient({ url: server.url })
  await client.createQueue('orders', queue)
  await client.createQueue('follow-ups', queue)
  let losses = 0
  const losing: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    if (!String(init?.body).includes('finishBatch') || losses++ > 0) return response
    await response.text()
    throw new TypeError('the connection was reset')
  }
  const received = new Received<string | null>()
  const options = { consumer: 'billing', onProblem: () => {} }
  await using consumption = createClient({ url: server.url, fetch: losing }).consume(
    'orders',
    options,
    (batch) => {
      for (const event of batch.events) {
        received.push(event.data)
        batch.publish('follow-ups', { data: event.data })
      }
    },
  )
  await consumption.ready
  const followUps = new Received<string | null>()
  await using mailer = client.consume('follow-ups', { consumer: 'mailer' }, (batch) => {
    for (const event of batch.events) followUps.push(event.data)
  })
  await mailer.ready
  await client.publish('orders', { data: 'a' })
  expect(await received.next()).toBe('a')
  expect(await followUps.next()).toBe('a')
  await client.publish('orders', { data: 'b' })
  expect(await received.next()).toBe('b')
  expect(await followUps.next()).toBe('b')
  expect(losses).toBeGreaterThan(1)
})

test('asks again for a page that the server could not give for a reason that it did not expect', async () => {
  await using server = await startTestServer({ limits: { maxEventsPerPage: 2, maxBatchEvents: 2 } })
  const client = createClient({ url: server.url })
  await client.createQueue('orders', queue)
  let failures = 0
  const failing: typeof fetch = async (input, init) => {
    if (!String(init?.body).includes('query BatchPage') || failures++ > 0) return fetch(input, init)
    const errors = [{ message: 'Internal error', extensions: { code: 'INTERNAL', errorId: 'abc' } }]
    return Response.json({ data: null, errors })
  }
  const received = new Received<(string | null)[]>()
  const problems: ConsumeProblem[] = []
  const options = { consumer: 'billing', onProblem: (problem: ConsumeProblem) => problems.push(problem) }
  const through = createClient({ url: server.url, fetch: failing })
  await using consumption = through.consume('orders', options, (batch) => {
    received.push(batch.events.map((event) => event.data))
  })
  await consumption.ready
  await client.publish('orders', [{ data: 'a' }, { data: 'b' }, { data: 'c' }])
  expect(await received.next()).toEqual(['a', 'b', 'c'])
  expect(problems).toMatchObject([{ kind: 'connection', error: { code: 'INTERNAL', errorId: 'abc' } }])
})

test('notices a server that has fallen silent', async () => {
  const silent: typeof fetch = async (input, init) => {
    if (!String(init?.body).includes('subscription')) return fetch(input, init)
    return new Response(new ReadableStream(), { headers: { 'content-type': 'text/event-stream' } })
  }
  await using server = await startTestServer()
  const client = createClient({ url: server.url, fetch: silent, silenceTimeoutMs: 50 })
  await client.createQueue('orders', queue)
  const problems = new Received<ConsumeProblem>()
  await using consumption = client.consume(
    'orders',
    { consumer: 'billing', onProblem: (problem) => problems.push(problem) },
    () => {},
  )
  await consumption.ready
  expect(await problems.next()).toMatchObject({ kind: 'connection', error: { code: 'UNAVAILABLE' } })
})
