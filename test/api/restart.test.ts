import { createClient as createSseClient } from 'graphql-sse'
import { createClient as createWsClient } from 'graphql-ws'
import { expect, test } from 'vitest'
import WebSocket from 'ws'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { requestData } from '../support/graphql.ts'
import { startTestServer } from '../support/server.ts'

const query = 'subscription { tail(queue: "q") { ... on TickBatch { events { type } } } }'
const publish = 'mutation { insertEvent(input: { queue: "q", type: "x" }) { eventId } }'

/** The public clients as they come, but for a quicker first retry. */
const clients = {
  'graphql-ws': (url: string) =>
    createWsClient({
      url: url.replace(/^http/, 'ws'),
      webSocketImpl: WebSocket,
      retryWait: () => new Promise((resolve) => setTimeout(resolve, 100)),
      retryAttempts: 100,
    }),
  'graphql-sse': (url: string) =>
    createSseClient({
      url,
      retry: () => new Promise((resolve) => setTimeout(resolve, 100)),
      retryAttempts: 100,
    }),
}

test.each(Object.entries(clients))(
  'a subscription of %s goes on through an orderly restart',
  async (_, createClient) => {
    await using fixture = await createTestDatabase()
    let server = await startTestServer({ fixture })
    const port = Number(new URL(server.url).port)
    await requestData(
      server.url,
      'mutation { createQueue(input: { name: "q", tickerMaxLagSeconds: 0.01 }) { created } }',
    )
    const client = createClient(server.url)
    let heard = 0
    const ends: unknown[] = []
    const dispose = client.subscribe(
      { query },
      {
        next: () => heard++,
        error: (error: unknown) => ends.push(error),
        complete: () => ends.push('complete'),
      },
    )
    const hearsOf = (count: number) =>
      until(
        async () => {
          if (heard < count) await requestData(server.url, publish)
          return heard >= count
        },
        'an event',
        { describe: () => JSON.stringify(ends.map(String)) },
      )
    try {
      await hearsOf(1)
      await server[Symbol.asyncDispose]()
      server = await startTestServer({ fixture, port })
      await hearsOf(heard + 1)
      expect(ends).toEqual([])
    } finally {
      dispose()
      await client.dispose()
      await server[Symbol.asyncDispose]()
    }
  },
)

const sampled = 'subscription { queueStats(intervalSeconds: 0.1) { name } }'
const accept = 'text/event-stream'

test.each([
  ['GET', (url: string) => fetch(`${url}?query=${encodeURIComponent(sampled)}`, { headers: { accept } })],
  [
    'POST',
    (url: string) =>
      fetch(url, {
        method: 'POST',
        headers: { accept, 'content-type': 'application/json' },
        body: JSON.stringify({ query: sampled }),
      }),
  ],
])('a client can tell that a stream by %s was cut by an orderly end', async (_, request) => {
  const server = await startTestServer()
  const response = await request(server.url)
  let text = ''
  const read = (async () => {
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk)
  })()
  read.catch(() => {})
  await until(() => text.includes('event: next'), 'a message')
  await server[Symbol.asyncDispose]()
  await expect(read).rejects.toThrow()
  expect(text).not.toContain('complete')
})
