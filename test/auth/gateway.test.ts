import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import WebSocket from 'ws'
import { type Authentication, createAuthentication } from '../../src/auth/authentication.ts'
import { until, withDeadline } from '../support/deadline.ts'
import {
  audience,
  createSigningKey,
  type IdentityProvider,
  issuer,
  type SigningKey,
  signToken,
  startIdentityProvider,
} from '../support/identity-provider.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const callers: string[] = []
let key: SigningKey
let provider: IdentityProvider
let authentication: Authentication
let server: TestServer
beforeAll(async () => {
  key = await createSigningKey('one')
  provider = await startIdentityProvider(key)
  authentication = createAuthentication({ jwt: [{ issuer, audience, jwksUrl: provider.jwksUrl }] })
  server = await startTestServer({
    authenticate: authentication.authenticate,
    instrumentation: {
      operation: ({ caller }) => callers.push(caller),
      stream: ({ state, caller }) => state === 'opened' && callers.push(caller),
    },
  })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  authentication.close()
  await provider[Symbol.asyncDispose]()
})

const query = '{ __typename }'
const subscription = 'subscription { queueStats { name } }'

test.each<[transport: string, ask: (authorization: string) => Promise<unknown>]>([
  ['POST', (authorization) => post(query, { authorization })],
  [
    'another form of POST',
    (authorization) => post(query, { authorization, accept: 'application/json; q=1' }),
  ],
  [
    'GET',
    (authorization) =>
      fetch(`${server.url}?query=${encodeURIComponent(query)}`, { headers: { authorization } }),
  ],
  ['SSE', (authorization) => post(subscription, { authorization, accept: 'text/event-stream' })],
  ['WebSocket, by its header', (authorization) => socket({ authorization }, {})],
  ['WebSocket, by connection_init', (authorization) => socket({}, { authorization })],
])('a token says who asks by %s', async (transport, ask) => {
  const sub = transport.replaceAll(' ', '-')
  await ask(`Bearer ${await signToken(key, { sub, pgq: ['admin'] })}`)
  await until(() => callers.includes(`jwt:${sub}`), 'the caller', { describe: () => callers.join() })
})

test('keys that cannot be fetched are 503 and 1013, and the tokens are good later', async () => {
  await using away = await startIdentityProvider(key)
  away.answerWith(500)
  const other = createAuthentication({ jwt: [{ issuer, audience, jwksUrl: away.jwksUrl }] })
  await using busy = await startTestServer({ authenticate: other.authenticate })
  const authorization = `Bearer ${await signToken(key)}`
  const response = await post(query, { authorization }, busy.url)
  expect(response.status).toBe(503)
  expect(await socket({ authorization }, {}, busy.url)).toBe(1013)
  away.answerWith(200)
  const later = async () => (await post(query, { authorization }, busy.url)).status === 200
  await until(later, 'the keys', { timeoutMs: 10_000 })
  other.close()
})

async function post(operation: string, headers: Record<string, string>, url = server.url): Promise<Response> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: operation }),
  })
  await response.body?.cancel()
  return response
}

/** Runs a query over a socket. @returns The code with which that is closed, 1000 by this. */
async function socket(headers: object, payload: object, url = server.url): Promise<number> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), 'graphql-transport-ws', {
    headers: { ...headers },
  })
  const closed = once(socket, 'close')
  await once(socket, 'open')
  const send = (message: object) => socket.send(JSON.stringify(message))
  socket.on('message', (data) => {
    const { type } = JSON.parse(String(data)) as { type: string }
    if (type === 'connection_ack') send({ type: 'subscribe', id: '1', payload: { query } })
    if (type === 'complete') socket.close(1000)
  })
  send({ type: 'connection_init', payload })
  const [code] = await withDeadline(closed, 'the end of the socket')
  return code
}
