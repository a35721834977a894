import { hostname, networkInterfaces } from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConfigError } from '../../src/config/config-error.ts'
import { createPgqServer } from '../../src/server/server.ts'
import { type Answer, sendBytes } from '../support/http.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { upgrade } from './upgrade.ts'

const servers: Record<string, TestServer> = {}
beforeAll(async () => {
  servers.loopback = await startTestServer()
  servers.everywhere = await startTestServer({
    host: '0.0.0.0',
    publicUrl: 'https://queues.example/',
    allowedHosts: ['pgq', 'named.example:8443', '*.below.example'],
  })
})
afterAll(async () => {
  for (const server of Object.values(servers)) await server[Symbol.asyncDispose]()
})

function urlOf(name: string): URL {
  const url = new URL(servers[name]?.url ?? '')
  url.hostname = '127.0.0.1'
  return url
}

function post(name: string, host: string, accept = 'application/json'): Promise<Answer> {
  const headers = { host, accept, 'content-type': 'application/json' }
  return sendBytes(urlOf(name), { headers, body: '{"query":"{__typename}"}' })
}

const machine = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
const foreignAddress = machine.find(({ internal, family }) => !internal && family === 'IPv4')?.address

describe.each(['loopback', 'everywhere'])('a server that listens on %s', (name) => {
  test.each(['localhost', 'LOCALHOST:1', '127.0.0.1:4000', '[::1]:4000', '192.0.2.7', hostname()])(
    'takes requests to %s',
    async (host) => {
      expect(await post(name, host)).toMatchObject({ status: 200 })
      expect(await post(name, host, 'text/event-stream')).toMatchObject({ status: 200 })
      expect(await upgrade(urlOf(name), { host })).toBe(101)
    },
  )

  test.each([
    'evil.example',
    'evil.example:4000',
    'localhost.evil.example',
    'evil.example.',
    'below.example',
    'evilbelow.example',
    'a.queues.example',
    'named.example',
    'named.example:8444',
    '127.0.0.1.evil.example',
  ])('refuses a page that has made its name %s mean this machine', async (host) => {
    const answer = await post(name, host)
    expect(answer.status).toBe(403)
    expect(answer.body).toMatch(
      /^Host ".*" is not known to be this server; .* allowedHosts, or set publicUrl\n$/,
    )
    expect(await post(name, host, 'text/event-stream')).toMatchObject({ status: 403 })
    expect(await upgrade(urlOf(name), { host })).toBe(403)
    expect(await upgrade(urlOf(name), { host, origin: `http://${host}` })).toBe(403)
  })

  test('answers questions about its health by any name', async () => {
    for (const path of ['/health/live', '/health/ready']) {
      const url = new URL(path, urlOf(name))
      expect(
        await sendBytes(url, { method: 'GET', headers: { host: 'evil.example' }, body: '' }),
      ).toMatchObject({
        status: 200,
      })
    }
  })
})

test.each(['queues.example', 'queues.example:443', 'PGQ:4000', 'named.example:8443', 'a.b.below.example:1'])(
  '%s is allowed where publicUrl or allowedHosts says so, and nowhere else',
  async (host) => {
    expect(await post('everywhere', host)).toMatchObject({ status: 200 })
    expect(await upgrade(urlOf('everywhere'), { host })).toBe(101)
    expect(await post('loopback', host)).toMatchObject({ status: 403 })
  },
)

test.runIf(foreignAddress)(
  'a server that listens everywhere is reached by an address of its machine',
  async () => {
    const { port } = urlOf('everywhere')
    const answer = await fetch(`http://${foreignAddress}:${port}/graphql?query={__typename}`)
    expect(await answer.json()).toEqual({ data: { __typename: 'Query' } })
  },
)

test('a refused WebSocket is told the setting, too', async () => {
  const headers = {
    host: 'evil.example',
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  }
  const answer = await sendBytes(urlOf('loopback'), { method: 'GET', headers, body: '' })
  expect(answer).toMatchObject({ status: 403, body: expect.stringContaining('allowedHosts') })
})

test.each([
  ['basePath', { basePath: '/queues' }],
  ['publicUrl', { publicUrl: 'queues.example' }],
  ['allowedHosts', { allowedHosts: ['https://a'] }],
  ['cors.origins', { cors: { origins: ['a'] } }],
])('a server with a wrong %s is not made', (name, option) => {
  const create = () => createPgqServer({ databases: [], host: '127.0.0.1', port: 0, ...option })
  expect(create).toThrow(ConfigError)
  expect(create).toThrow(`${name}: must b`)
})

test('X-Forwarded-Host of somebody who is no trusted proxy counts for nothing', async () => {
  const headers = {
    host: 'evil.example',
    'x-forwarded-host': 'localhost',
    'content-type': 'application/json',
  }
  const body = '{"query":"{__typename}"}'
  expect(await sendBytes(urlOf('everywhere'), { headers, body })).toMatchObject({ status: 403 })
  const reverse = { ...headers, host: 'localhost', 'x-forwarded-host': 'evil.example' }
  expect(await sendBytes(urlOf('everywhere'), { headers: reverse, body })).toMatchObject({ status: 200 })
})
