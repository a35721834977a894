import { expect, test } from 'vitest'
import WebSocket from 'ws'
import { createCaller } from '../../src/caller.ts'
import { PgqError } from '../../src/errors.ts'
import { requestData, subscribe } from '../support/graphql.ts'
import { createTestGateway, listen, serverOf } from './mounted.ts'

const caller = createCaller({ name: 'somebody', grants: ['stats', 'consume'] })

test('who asks is found out once per request, and once per socket', async () => {
  let asked = 0
  await using t = await createTestGateway({
    authenticate: async () => {
      asked++
      return caller
    },
  })
  await using server = await listen(serverOf(t.gateway))
  await requestData(server.url, '{ a: queue(name: "q") { name } b: queue(name: "q") { name } }')
  expect(asked).toBe(1)
  await fetch(`${server.url}?query=${encodeURIComponent('{ __typename }')}`)
  expect(asked).toBe(2)
  const stats = 'subscription { queueStats(intervalSeconds: 0.1) { name } }'
  await using socket = subscribe('WebSocket', server.url, stats)
  await socket.nextData()
  await socket.nextData()
  expect(asked).toBe(3)
})

test('what a socket says at its start is given to who identifies it', async () => {
  const given: unknown[] = []
  await using t = await createTestGateway({
    authenticate: (request, connectionParams) => {
      given.push([request.headers.authorization, connectionParams])
      return caller
    },
  })
  await using server = await listen(serverOf(t.gateway))
  await using socket = await open(
    server.url,
    { authorization: 'Bearer header' },
    { authorization: 'Bearer init' },
  )
  expect((await socket.message()).type).toBe('connection_ack')
  expect(given).toEqual([['Bearer header', { authorization: 'Bearer init' }]])
})

test('refused credentials are UNAUTHENTICATED with 401, and close a socket with 4401', async () => {
  await using t = await createTestGateway({
    authenticate: () => {
      throw new PgqError('UNAUTHENTICATED', 'Give a token that is good')
    },
  })
  await using server = await listen(serverOf(t.gateway))
  const body = JSON.stringify({ query: '{ __typename }' })
  const headers = { 'content-type': 'application/json' }
  for (const response of [
    await fetch(server.url, { method: 'POST', headers, body }),
    await fetch(server.url, {
      method: 'POST',
      headers: { ...headers, accept: 'application/json; q=1' },
      body,
    }),
    await fetch(`${server.url}?query=${encodeURIComponent('{ __typename }')}`),
  ]) {
    expect(response.status).toBe(401)
    const { errors } = (await response.json()) as { errors: object[] }
    expect(errors).toEqual([
      { message: 'Give a token that is good', extensions: { code: 'UNAUTHENTICATED' } },
    ])
  }
  await using socket = await open(server.url, {}, {})
  expect(await socket.closed).toBe(4401)
})

test('a failure to find out who asks is masked', async () => {
  await using t = await createTestGateway({
    authenticate: () => {
      throw new Error('a secret')
    },
  })
  await using server = await listen(serverOf(t.gateway))
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ __typename }' }),
  })
  const text = await response.text()
  expect(text).toContain('INTERNAL')
  expect(text).not.toContain('secret')
})

async function open(url: string, headers: Record<string, string>, payload: object) {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), 'graphql-transport-ws', { headers })
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  const first = new Promise<{ type: string }>((resolve) =>
    socket.once('message', (data) => resolve(JSON.parse(String(data)))),
  )
  await new Promise((resolve) => socket.once('open', resolve))
  socket.send(JSON.stringify({ type: 'connection_init', payload }))
  return {
    closed,
    message: () => first,
    async [Symbol.asyncDispose]() {
      socket.terminate()
      await closed
    },
  }
}
