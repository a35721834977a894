import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createAuthentication } from '../../../src/auth/authentication.ts'
import { createSecret, hashOf } from '../../../src/auth/secret.ts'
import { until, withDeadline } from '../../../test/support/deadline.ts'
import { startTestServer, type TestServer } from '../../../test/support/server.ts'
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts'
import { type ConsumeProblem, createClient, type PgqClientError } from '../../src/index.ts'
import { failureOf } from '../support/failure.ts'
import { Received } from '../support/received.ts'
import { ended, socketClient } from '../support/socket-client.ts'
import { TokenIssuer } from '../support/token-issuer.ts'
import { transports } from '../support/transports.ts'

const fast = { tickerMaxLagSeconds: 0.01 }
let issuer = new TokenIssuer()
let server: TestServer
let queues = 0

beforeAll(async () => {
  server = await startTestServer({ authenticate: (request, params) => issuer.authenticate(request, params) })
})

afterAll(() => server[Symbol.asyncDispose]())

beforeEach(() => {
  issuer = new TokenIssuer()
})

describe.each(transports)('over $name, a client', ({ createClient }) => {
  const withToken = (token: () => string | Promise<string>, options = {}) =>
    createClient({ url: server.url, token, ...options })
  const withQueue = async (token: () => string | Promise<string>) => {
    const queue = `queue ${++queues}`
    await withToken(() => issuer.issue('opaque')).createQueue(queue, fast)
    issuer.issued.length = 0
    return { queue, client: withToken(token) }
  }

  test('asks for a token before the first request, once for all, and keeps it', async () => {
    const client = withToken(() => issuer.issue('opaque'))
    expect(issuer.issued).toHaveLength(0)
    await Promise.all(Array.from({ length: 5 }, () => client.createQueue('shared')))
    await client.createQueue('shared')
    expect(issuer.issued).toHaveLength(1)
  })

  test('sends a token that is a text', async () => {
    const client = createClient({ url: server.url, token: issuer.issue('opaque') })
    expect(await client.createQueue(`queue ${++queues}`)).toBe(true)
    issuer.revokeAll()
    expect(await failureOf(client.createQueue('late'))).toMatchObject({ code: 'UNAUTHENTICATED' })
    const consumption = client.consume('shared', { consumer: 'c', onProblem() {} }, () => {})
    expect(await failureOf(consumption.done)).toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  test('renews a JWT before it expires, so that no request is refused', async () => {
    const client = withToken(() => issuer.issue('JWT', 2_000))
    await until(async () => {
      await client.createQueue('shared')
      return issuer.issued.length > 2
    }, 'two renewals')
    expect(issuer.refusedCount).toBe(0)
  })

  test('goes on with a token that is still good when it cannot be renewed early', async () => {
    let calls = 0
    const client = withToken(() => {
      if (calls++ > 0) throw new Error('the identity provider is down')
      return issuer.issue('JWT', 2_000)
    })
    await until(async () => {
      await client.createQueue('shared')
      return calls > 1
    }, 'the renewal')
    await client.createQueue('shared')
  })

  test('repeats requests with one new token for all when the server refuses theirs', async () => {
    const { queue, client } = await withQueue(() => issuer.issue('opaque'))
    await client.registerConsumer(queue, 'c')
    issuer.revokeAll()
    const ids = await Promise.all(
      Array.from({ length: 20 }, (_, n) => client.publish(queue, { data: String(n) })),
    )
    expect(new Set(ids).size).toBe(20)
    expect(issuer.issued).toHaveLength(2)
    const seen: (string | null)[] = []
    await using _consumption = client.consume(queue, { consumer: 'c' }, (batch) => {
      for (const { data } of batch.events) seen.push(data)
    })
    await until(() => seen.length >= 20, 'the events')
    expect([...new Set(seen)]).toHaveLength(20)
    expect(seen).toHaveLength(20)
  })

  test('gives up a request whose second token is refused, too', async () => {
    let calls = 0
    const client = withToken(() => `bad-${++calls}`)
    expect(await failureOf(client.createQueue('shared'))).toMatchObject({ code: 'UNAUTHENTICATED' })
    expect([calls, issuer.refusedCount]).toEqual([2, 2])
  })

  test.each([
    ['throws', () => Promise.reject(new Error('no luck')), 'The function for token failed: no luck'],
    ['gives no text', () => undefined as never, 'it must give a text'],
    ['gives what no header can have', () => 'a\nb', 'it must give a text'],
    ['hangs', () => new Promise<never>(() => {}), 'it gave none within 50 ms'],
  ])('gives its function another chance with the next request when it %s', async (_how, bad, message) => {
    let isBad = true
    const token = () => (isBad ? bad() : issuer.issue('opaque'))
    const client = withToken(token, { requestTimeoutMs: 50 })
    const error = await failureOf(client.request('{ __typename }'))
    expect(error).toMatchObject({ code: 'UNAUTHENTICATED', message: expect.stringContaining(message) })
    isBad = false
    await until(
      () =>
        client.request('{ __typename }').then(
          () => true,
          // So short a time may not do on a busy machine.
          ({ code }: PgqClientError) => code !== 'TIMEOUT' && Promise.reject(new Error(code)),
        ),
      'an answer',
    )
  })

  test('asks again, after a while each time, where a consumer waits for a token', async () => {
    const askedAt: number[] = []
    const { queue, client } = await withQueue(() => {
      if (askedAt.push(performance.now()) < 4) throw new Error('no luck')
      return issuer.issue('opaque')
    })
    const problems: ConsumeProblem[] = []
    const options = { consumer: 'c', onProblem: (problem: ConsumeProblem) => problems.push(problem) }
    await using consumption = client.consume(queue, options, () => {})
    await withDeadline(consumption.ready, 'the consumer')
    expect(problems).toEqual(
      Array.from({ length: 3 }, () =>
        expect.objectContaining({
          kind: 'connection',
          error: expect.objectContaining({ code: 'UNAUTHENTICATED' }),
        }),
      ),
    )
    for (const [index, at] of askedAt.slice(1).entries()) {
      expect(at - (askedAt[index] ?? 0)).toBeGreaterThan(45 * 2 ** index)
    }
  })

  test('stops at once while its function hangs', async () => {
    const client = withToken(() => new Promise<never>(() => {}))
    const consumption = client.consume('shared', { consumer: 'c' }, () => {})
    await withDeadline(consumption.stop(), 'the stop', 1_000)
    const tail = client.tail('shared')
    const next = tail.next()
    await withDeadline(Promise.resolve(tail.return?.()), 'the return', 1_000)
    expect(await withDeadline(next, 'the end', 1_000)).toMatchObject({ done: true })
  })

  test.each(['JWT', 'opaque'] as const)(
    'tails on when a token (%s) ends while nothing comes',
    async (kind) => {
      let lifeMs = 300
      const { queue, client } = await withQueue(() => issuer.issue(kind, lifeMs))
      const other = withToken(() => issuer.issue('opaque'))
      await other.publish(queue, { data: 'before' })
      await until(async () => {
        const answer = await other.request<{ queue: { lastTickId: string | null } }>(
          'query ($name: String!) { queue(name: $name) { lastTickId } }',
          { name: queue },
        )
        return answer.queue.lastTickId
      }, 'a tick')
      const lost: unknown[] = []
      const received = new Received<string | null>()
      const stopping = new AbortController()
      const read = async () => {
        const options = { signal: stopping.signal, onLost: (error: unknown) => lost.push(error) }
        for await (const message of client.tail(queue, options)) {
          if (message.__typename === 'TickBatch') for (const { data } of message.events) received.push(data)
        }
      }
      const reading = read()
      await until(() => issuer.issued.length > 4, 'three ends of a stream')
      lifeMs = 60_000
      await other.publish(queue, { data: 'after' })
      while ((await received.next()) !== 'after');
      expect(received.all.filter((data) => data === 'after')).toHaveLength(1)
      expect(lost).toEqual([])
      stopping.abort()
      await reading
    },
  )

  test('gives the end of the token to the reader of a subscription of its own', async () => {
    const client = withToken(() => issuer.issue('opaque'))
    const stream = client.subscribe('subscription { queueStats(intervalSeconds: 3600) { name } }')
    await stream.next()
    issuer.revokeAll()
    expect(await failureOf(stream.next())).toMatchObject({ code: 'UNAUTHENTICATED' })
    const next = client.subscribe('subscription { queueStats(intervalSeconds: 3600) { name } }')
    expect((await next.next()).done).toBe(false)
    await next.return?.()
  })
})

test('does not repeat what a WebSocket was asked when it is closed for its token: it may be done', async () => {
  const { client, opened } = socketClient({ url: server.url, token: () => issuer.issue('opaque') })
  await client.createQueue('locked', fast)
  await using sql = await server.fixture.connect().then((connection) => ({
    query: (text: string) => connection.query(text),
    [Symbol.asyncDispose]: () => connection.end(),
  }))
  const { rows } = await sql.query("select pgq.current_event_table('locked') as name")
  await sql.query(`begin; lock table ${rows[0].name}`)
  const published = failureOf(client.publish('locked', { data: 'once' }))
  const waits = 'select from pg_locks where not granted'
  await until(async () => ((await sql.query(waits)).rowCount ?? 0) > 0, 'the wait for the table')
  issuer.revokeAll()
  expect(await published).toMatchObject({ code: 'UNAVAILABLE' })
  await ended(opened[0])
  // Another request has its turn after the one that waits.
  const second = client.publish('locked', { data: 'afterwards' })
  await sql.query('commit')
  await second
  const stored = await sql.query(`select ev_data as data from ${rows[0].name} order by ev_id`)
  expect(stored.rows.map(({ data }) => data)).toEqual(['once', 'afterwards'])
})

test('goes on with the API key that takes the place of a revoked one', async () => {
  await using folder = await temporaryDirectory()
  const keysFile = join(folder.path, 'keys.json')
  let secret = ''
  const replaceKey = async () => {
    const next = createSecret()
    await writeFile(
      `${keysFile}.new`,
      JSON.stringify([{ name: 'billing', sha256: hashOf(next), grants: ['admin'], expiresAt: null }]),
    )
    await rename(`${keysFile}.new`, keysFile)
    secret = next
  }
  await replaceKey()
  const authentication = createAuthentication({ keysFile })
  await using own = await startTestServer({ authenticate: authentication.authenticate })
  const client = createClient({ url: own.url, token: () => secret })
  await client.createQueue('orders', fast)
  const received = new Received<string | null>()
  const problems: ConsumeProblem[] = []
  const options = { consumer: 'billing', onProblem: (problem: ConsumeProblem) => problems.push(problem) }
  await using consumption = client.consume('orders', options, (batch) => {
    for (const { data } of batch.events) received.push(data)
  })
  await consumption.ready
  await client.publish('orders', { data: 'before' })
  expect(await received.next()).toBe('before')
  const first = createClient({ url: own.url, token: secret })
  await replaceKey()
  const isRevoked = () =>
    first.createQueue('orders').then(
      () => false,
      ({ code }: PgqClientError) => code === 'UNAUTHENTICATED',
    )
  await until(isRevoked, 'the end of the first key')
  await client.publish('orders', { data: 'after' })
  expect(await received.next()).toBe('after')
  expect(problems).toEqual([])
  authentication.close()
})

test('refuses what cannot be sent as a token, or beside one, as BAD_INPUT', async () => {
  const { url } = server
  expect(() => createClient({ url, token: 'Bearer x' })).toThrow(
    expect.objectContaining({ code: 'BAD_INPUT', field: 'token' }),
  )
  const headers = { Authorization: 'Basic eDp5' }
  const client = createClient({ url, token: issuer.issue('opaque'), headers })
  expect(await failureOf(client.createQueue('shared'))).toMatchObject({ code: 'BAD_INPUT', field: 'headers' })
})
