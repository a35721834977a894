import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { withDeadline } from '../../../test/support/deadline.ts'
import { startTestServer } from '../../../test/support/server.ts'
import { type ConsumeProblem, createClient, webSocket } from '../../src/index.ts'
import { failureOf } from '../support/failure.ts'
import { Received } from '../support/received.ts'
import { transports } from '../support/transports.ts'

/** No server listens here: a fault that is found before the network does not become UNAVAILABLE. */
const nowhere = 'http://127.0.0.1:1/graphql'

const circular: unknown[] = []
circular.push(circular)

describe.each(transports)('over $name', ({ createClient }) => {
  test.each([
    ['a BigInt', { id: 10n }],
    ['a circle', circular],
    ['a function', () => {}],
  ])('refuses %s in a payload with BAD_INPUT, without asking the server', async (_, json) => {
    const client = createClient({ url: nowhere })
    expect(await failureOf(client.publish('orders', { json }))).toMatchObject({
      code: 'BAD_INPUT',
      field: 'json',
    })
    expect(await failureOf(client.publish('orders', [{ data: '' }, { json }]))).toMatchObject({
      code: 'BAD_INPUT',
      field: 'events[1].json',
    })
  })

  test('refuses variables that have no JSON with BAD_INPUT, of a subscription too', async () => {
    const client = createClient({ url: nowhere })
    const fault = { code: 'BAD_INPUT', field: 'variables' }
    expect(await failureOf(client.request('query ($id: JSON) { x }', { id: 1n }))).toMatchObject(fault)
    const subscription = client.subscribe('subscription ($id: JSON) { x }', { id: 1n })
    expect(await failureOf(subscription.next())).toMatchObject(fault)
  })

  test.each(['/graphql', 'localhost:4000/graphql', 'ftp://localhost/graphql', ''])(
    'refuses the URL %j when the client is created',
    (url) => {
      expect(() => createClient({ url })).toThrow(
        expect.objectContaining({ code: 'BAD_INPUT', field: 'url' }),
      )
    },
  )

  test('shows no password in messages', async () => {
    const url = (address: string) => address.replace('://', '://anna:s3cret@')
    const messages = [await failureOf(createClient({ url: url(nowhere) }).createQueue('orders'))]
    for (const bad of ['ftp://host/', 'http://host:99999/']) {
      try {
        createClient({ url: url(bad) })
      } catch (error) {
        messages.push(error as never)
      }
    }
    expect(messages).toHaveLength(3)
    for (const { message, stack, cause } of messages) {
      expect([message, stack, String(cause)].join()).not.toContain('s3cret')
    }
  })

  test.each([
    ['requestTimeoutMs', 0],
    ['requestTimeoutMs', Number.NaN],
    ['silenceTimeoutMs', -1],
  ])('refuses %s: %d when the client is created', (field, value) => {
    const options = { url: nowhere, [field]: value }
    expect(() => createClient(options)).toThrow(expect.objectContaining({ code: 'BAD_INPUT', field }))
  })

  test('waits without a limit where a timeout is Infinity', async () => {
    await using server = await startTestServer()
    const limits = { requestTimeoutMs: Number.POSITIVE_INFINITY, silenceTimeoutMs: Number.POSITIVE_INFINITY }
    const client = createClient({ url: server.url, ...limits })
    expect(await client.createQueue('orders')).toBe(true)
    const consumption = client.consume('orders', { consumer: 'billing' }, () => {})
    await consumption.ready
    await consumption.stop()
  })
})

test('refuses the address of a WebSocket where it connects by HTTP', () => {
  expect(() => createClient({ url: 'ws://localhost:4000/graphql' })).toThrow(
    expect.objectContaining({ code: 'BAD_INPUT', field: 'url' }),
  )
})

test('sends the user and the password of an address as a header', async () => {
  const seen: [string, string | null][] = []
  const client = createClient({
    url: 'http://anna:s%C3%A9cret@127.0.0.1:1/graphql',
    fetch: async (url, init) => {
      seen.push([String(url), new Headers(init?.headers).get('authorization')])
      return new Response('{"data":{"createQueue":{"created":true}}}', {
        headers: { 'content-type': 'application/json' },
      })
    },
  })
  await client.createQueue('orders')
  const authorization = `Basic ${Buffer.from('anna:sécret').toString('base64')}`
  expect(seen).toEqual([['http://127.0.0.1:1/graphql', authorization]])
})

test('refuses headers that HTTP does not allow with BAD_INPUT', async () => {
  const client = createClient({ url: nowhere, headers: { authorization: 'Bearer a\nb' } })
  expect(await failureOf(client.createQueue('orders'))).toMatchObject({
    code: 'BAD_INPUT',
    field: 'headers',
  })
})

test('rejects with the error of a function for headers, which ends a consumer', async () => {
  const error = new Error('no token')
  const headers = () => {
    throw error
  }
  const client = createClient({ url: nowhere, headers })
  await expect(client.createQueue('orders')).rejects.toBe(error)
  const problems: ConsumeProblem[] = []
  const options = { consumer: 'billing', onProblem: (problem: ConsumeProblem) => problems.push(problem) }
  const consumption = client.consume('orders', options, () => {})
  await expect(withDeadline(consumption.done, 'the end', 1_000)).rejects.toBe(error)
  expect(problems).toEqual([{ kind: 'ended', error }])
})

test('rejects with the error of a function for connectionParams, which ends a consumer', async () => {
  await using server = await startTestServer()
  const error = new Error('no token')
  const connectionParams = () => {
    throw error
  }
  const transport = webSocket({ webSocket: WebSocket, connectionParams })
  const client = createClient({ url: server.url, transport })
  await expect(client.createQueue('orders')).rejects.toBe(error)
  const consumption = client.consume('orders', { consumer: 'a', onProblem: () => {} }, () => {})
  await expect(withDeadline(consumption.done, 'the end', 1_000)).rejects.toBe(error)
})

test('gives up a function for headers that never answers, after the timeout', async () => {
  const client = createClient({ url: nowhere, headers: () => new Promise(() => {}), requestTimeoutMs: 20 })
  expect(await failureOf(withDeadline(client.createQueue('orders'), 'the end', 1_000))).toMatchObject({
    code: 'TIMEOUT',
  })
})

test.each([{ connectTimeoutMs: 0 }, { idleTimeoutMs: Number.NaN }, { maxWaitingLength: 0 }])(
  'refuses the options %o of a WebSocket when the client is created',
  (options) => {
    const [field] = Object.keys(options)
    const transport = webSocket({ webSocket: WebSocket, ...options })
    expect(() => createClient({ url: nowhere, transport })).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT', field }),
    )
  },
)

test('takes a follow-up that has no JSON for a throw of its handler', async () => {
  await using server = await startTestServer()
  const client = createClient({ url: server.url })
  await client.createQueue('orders', { tickerMaxLagSeconds: 0.01 })
  const problems = new Received<ConsumeProblem>()
  const done = new Received<string | null>()
  await using consumption = client.consume(
    'orders',
    { consumer: 'billing', retries: { maxTries: 1 }, onProblem: (problem) => problems.push(problem) },
    {
      event(event, batch) {
        if (event.data === 'bad') batch.publish('orders', { json: { id: 10n } })
        done.push(event.data)
      },
    },
  )
  await consumption.ready
  await client.publish('orders', [{ data: 'bad' }, { data: 'good' }])
  expect(await problems.next()).toMatchObject({
    kind: 'event',
    error: { code: 'BAD_INPUT', field: 'json' },
    afterSeconds: null,
  })
  expect(await done.next()).toBe('good')
  await client.publish('orders', { data: 'after' })
  expect(await done.next()).toBe('after')
})
