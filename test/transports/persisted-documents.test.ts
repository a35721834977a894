import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client, fetchExchange } from '@urql/core'
import { persistedExchange } from '@urql/exchange-persisted'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { until, withDeadline } from '../support/deadline.ts'
import type { Data, Result } from '../support/graphql.ts'
import { sendBytes } from '../support/http.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'

const documents = {
  'sha-of-queues': 'query Queues { queues { nodes { name } } }',
  'sha-of-queue': 'query Queue($name: String!) { queue(name: $name) { name } }',
  'sha-of-stats': 'subscription Stats { queueStats(intervalSeconds: 1) { name } }',
}

let directory: TemporaryDirectory
let fixture: TestDatabase
let open: TestServer
let closed: TestServer
let manifest: string

beforeAll(async () => {
  directory = await temporaryDirectory()
  manifest = join(directory.path, 'persisted-documents.json')
  await writeFile(manifest, JSON.stringify(documents))
  fixture = await createTestDatabase()
  open = await startTestServer({ fixture, persistedDocuments: { file: manifest } })
  closed = await startTestServer({ fixture, persistedDocuments: { file: manifest, only: true } })
})

afterAll(async () => {
  await open[Symbol.asyncDispose]()
  await closed[Symbol.asyncDispose]()
  await fixture[Symbol.asyncDispose]()
  await directory[Symbol.asyncDispose]()
})

/** Ways to send the parameters of a request, each to its first result. */
const ways: [string, (url: string, parameters: Data) => Promise<Result>][] = [
  ['POST', (url, parameters) => post(url, parameters)],
  [
    'POST as a form',
    async (url, parameters) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      const { body } = await sendBytes(url, { headers, body: String(encoded(parameters)) })
      return JSON.parse(body)
    },
  ],
  [
    'GET',
    async (url, parameters) => {
      const { body } = await sendBytes(`${url}?${encoded(parameters)}`, { method: 'GET', body: '' })
      return JSON.parse(body)
    },
  ],
  [
    'SSE',
    async (url, parameters) => {
      const headers = { 'content-type': 'application/json', accept: 'text/event-stream' }
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(parameters) })
      let text = ''
      for await (const chunk of response.body ?? []) {
        text += Buffer.from(chunk)
        const [, data] = /data: (.*)\n\n/.exec(text) ?? []
        if (data) return JSON.parse(data)
      }
      throw new Error(`no result in ${text}`)
    },
  ],
  [
    'WebSocket',
    async (url, payload) => {
      const socket = new WebSocket(url.replace(/^http/, 'ws'), 'graphql-transport-ws')
      await once(socket, 'open')
      socket.send('{"type":"connection_init"}')
      await once(socket, 'message')
      socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }))
      const [data] = await withDeadline(once(socket, 'message'), 'a result')
      socket.terminate()
      const message = JSON.parse(String(data))
      return message.type === 'error' ? { errors: message.payload } : message.payload
    },
  ],
]

async function post(url: string, parameters: Data): Promise<Result> {
  const headers = { 'content-type': 'application/json', accept: 'application/json' }
  const { body } = await sendBytes(url, { headers, body: JSON.stringify(parameters) })
  return JSON.parse(body)
}

function encoded(parameters: Data): URLSearchParams {
  const texts = Object.entries(parameters).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ])
  return new URLSearchParams(texts)
}

const byHash = (sha256Hash: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash } } })

describe.each(ways)('by %s', (way, send) => {
  test('a document is run by its id, its hash, or as a text', async () => {
    const answer = { data: { queue: null } }
    const variables = { name: 'none' }
    expect(await send(open.url, { documentId: 'sha-of-queue', variables })).toEqual(answer)
    expect(await send(open.url, { documentId: 'sha256:sha-of-queue', variables })).toEqual(answer)
    expect(await send(open.url, { ...byHash('sha-of-queue'), variables })).toEqual(answer)
    expect(await send(open.url, { ...byHash('another'), query: '{ __typename }' })).toEqual({
      data: { __typename: 'Query' },
    })
  })

  test('an unknown id is refused, and an unknown hash in the words that clients look for', async () => {
    expect((await send(open.url, { documentId: 'other' })).errors?.[0]?.extensions).toEqual({
      code: 'NOT_FOUND',
      field: 'documentId',
    })
    expect((await send(open.url, byHash('other'))).errors).toEqual([
      {
        message: 'PersistedQueryNotFound',
        extensions: { code: 'NOT_FOUND', field: 'extensions.persistedQuery' },
      },
    ])
  })

  test('nothing but the documents of the manifest is run where only they are', async () => {
    const text = documents['sha-of-queues']
    for (const parameters of [{ documentId: 'sha-of-queues' }, byHash('sha-of-queues'), { query: text }])
      expect(await send(closed.url, parameters)).toMatchObject({ data: { queues: { nodes: [] } } })
    for (const query of [
      `${text} `,
      '{ __typename }',
      '{ __schema { types { name } } }',
      '{ nothing }',
      '{',
    ]) {
      for (const parameters of [{ query }, { query, ...byHash('sha-of-queues-2') }]) {
        const { errors, data } = await send(closed.url, parameters)
        expect([errors?.[0]?.extensions.code, data]).toEqual(['FORBIDDEN', undefined])
      }
    }
  })

  if (way === 'SSE' || way === 'WebSocket') {
    test('a subscription is begun by its id', async () => {
      expect(await send(closed.url, { documentId: 'sha-of-stats' })).toEqual({ data: { queueStats: [] } })
    })
  }
})

test.each([
  ['documentId that is no text', { documentId: 7 }, 'documentId'],
  ['persistedQuery without a hash', { extensions: { persistedQuery: {} } }, 'extensions.persistedQuery'],
  ['persistedQuery that is a text', { extensions: { persistedQuery: 'x' } }, 'extensions.persistedQuery'],
  ['both a text and an id', { documentId: 'sha-of-queues', query: '{ __typename }' }, 'documentId'],
  ['nothing', {}, 'query'],
])('a request with %s is BAD_INPUT', async (_, parameters, field) => {
  expect((await post(open.url, parameters)).errors?.[0]?.extensions).toEqual({ code: 'BAD_INPUT', field })
})

test('a server without a manifest tells clients to send no hashes', async () => {
  await using server = await startTestServer({ fixture })
  expect((await post(server.url, byHash('other'))).errors?.[0]?.message).toBe('PersistedQueryNotSupported')
  expect((await post(server.url, { documentId: 'other' })).errors?.[0]?.extensions.code).toBe('NOT_FOUND')
})

test('GraphiQL is off where only the documents of the manifest are run', async () => {
  const get = (url: string) => sendBytes(url, { method: 'GET', headers: { accept: 'text/html' }, body: '' })
  const { status, body } = await get(closed.url)
  expect([status, body]).toEqual([404, expect.stringContaining('GraphiQL is off')])
  expect((await get(open.url)).status).toBe(200)
})

test('urql sends a hash, and the text where the server does not know it', async () => {
  const sent: Data[] = []
  const client = (url: string, hash: string) =>
    new Client({
      url,
      preferGetMethod: false,
      fetch: (input, init) => {
        sent.push(JSON.parse(String(init?.body)))
        return fetch(input, init)
      },
      exchanges: [
        persistedExchange({ preferGetForPersistedQueries: false, generateHash: async () => hash }),
        fetchExchange,
      ],
    })
  const known = await client(open.url, 'sha-of-queues').query(
    'query Queues { queues { nodes { name } } }',
    {},
  )
  expect([known.error, known.data]).toEqual([
    undefined,
    expect.objectContaining({ queues: expect.anything() }),
  ])
  expect(sent.map(({ query }) => query)).toEqual([undefined])
  sent.length = 0
  const unknown = await client(open.url, 'other').query('{ __typename }', {})
  expect([unknown.error, unknown.data]).toEqual([undefined, { __typename: 'Query' }])
  expect(sent.map(({ query }) => query)).toEqual([undefined, '{\n  __typename\n}'])
})

test('the manifest is read again when it changes, and a broken one changes nothing', {
  timeout: 20_000,
}, async () => {
  const file = join(directory.path, 'changing.json')
  await writeFile(file, '{"a": "{ __typename }"}')
  await using server = await startTestServer({ fixture, persistedDocuments: { file, only: true } })
  const run = async (documentId: string) => (await post(server.url, { documentId })).errors === undefined
  expect([await run('a'), await run('b')]).toEqual([true, false])
  await writeFile(file, '{"b": "query B { __typename }"}')
  await until(() => run('b'), 'the new manifest', { timeoutMs: 5_000 })
  expect(await run('a')).toBe(false)
  await writeFile(file, '{"a": "{ nothing }"}')
  await writeFile(file, '{"c": "{ __typename }"}')
  await until(() => run('c'), 'a manifest in order', { timeoutMs: 5_000 })
})
