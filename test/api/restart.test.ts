import {
  fetchExchange,
  type SubscriptionForwarder,
  subscriptionExchange,
  Client as UrqlClient,
} from '@urql/core'
import { retryExchange } from '@urql/exchange-retry'
import { parse } from 'graphql'
import { createClient as createSseClient, type Client as SseClient } from 'graphql-sse'
import { createClient as createWsClient, type Sink, type Client as WsClient } from 'graphql-ws'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { createApolloClient } from '../../examples/codegen-app/src/apollo.ts'
import { createUrqlClient } from '../../examples/codegen-app/src/urql.ts'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { requestData } from '../support/graphql.ts'
import { startTestServer } from '../support/server.ts'

const query = 'subscription { tail(queue: "q") { ... on TickBatch { events { type } } } }'
const publish = 'mutation { insertEvent(input: { queue: "q", type: "x" }) { eventId } }'

/** Subscribes to the query, and returns what ends the subscription and its client. */
type Subscribe = (url: string, observer: Observer) => () => void

interface Observer {
  next(): void
  end(how: unknown): void
}

const wsClient = (url: string) =>
  createWsClient({ url: url.replace(/^http/, 'ws'), webSocketImpl: WebSocket })

function forwardTo(client: SseClient | WsClient, { next, end }: Observer): () => void {
  const unsubscribe = client.subscribe({ query }, { next, error: end, complete: () => end('complete') })
  return () => {
    unsubscribe()
    void client.dispose()
  }
}

function subscribeByUrql(client: UrqlClient, { next, end }: Observer): () => void {
  return client.subscription(query, {}).subscribe(({ error }) => (error ? end(error) : next())).unsubscribe
}

/** The public clients as they come. Each waits for a second or two before it connects again. */
const clients: Record<string, Subscribe> = {
  'graphql-ws': (url, observer) => forwardTo(wsClient(url), observer),
  'graphql-sse': (url, observer) => forwardTo(createSseClient({ url }), observer),
  'urql over graphql-ws': (url, observer) => {
    const sockets = wsClient(url)
    const forwardSubscription: SubscriptionForwarder = ({ query = '', variables = {} }) => ({
      subscribe: (sink) => ({ unsubscribe: sockets.subscribe({ query, variables }, sink as Sink) }),
    })
    const exchanges = [subscriptionExchange({ forwardSubscription })]
    const unsubscribe = subscribeByUrql(new UrqlClient({ url, preferGetMethod: false, exchanges }), observer)
    return () => {
      unsubscribe()
      void sockets.dispose()
    }
  },
  'urql over graphql-sse': (url, observer) => subscribeByUrql(createUrqlClient(url), observer),
  'urql with fetchSubscriptions and its retryExchange': (url, observer) => {
    const exchanges = [retryExchange({ maxNumberAttempts: 5 }), fetchExchange]
    const client = new UrqlClient({ url, preferGetMethod: false, fetchSubscriptions: true, exchanges })
    return subscribeByUrql(client, observer)
  },
  'Apollo Client over graphql-ws': (url, { next, end }) => {
    const { client, close } = createApolloClient(url, WebSocket)
    const subscription = client.subscribe({ query: parse(query) }).subscribe({
      next: ({ error }) => (error ? end(error) : next()),
      error: end,
      complete: () => end('complete'),
    })
    return () => {
      subscription.unsubscribe()
      close()
    }
  },
}

test.concurrent.each(Object.entries(clients))(
  'a subscription of %s goes on through two orderly restarts',
  async (_, subscribeTo) => {
    await using fixture = await createTestDatabase()
    let server = await startTestServer({ fixture })
    const port = Number(new URL(server.url).port)
    await requestData(
      server.url,
      'mutation { createQueue(input: { name: "q", tickerMaxLagSeconds: 0.01 }) { created } }',
    )
    let heard = 0
    const ends: unknown[] = []
    const dispose = subscribeTo(server.url, { next: () => heard++, end: (how) => ends.push(how) })
    const hearsOf = (count: number) =>
      until(
        async () => {
          if (heard < count) await requestData(server.url, publish)
          return heard >= count
        },
        'an event',
        { timeoutMs: 20_000, describe: () => JSON.stringify(ends.map(String)) },
      )
    try {
      await hearsOf(1)
      for (let restarts = 0; restarts < 2; restarts++) {
        await server[Symbol.asyncDispose]()
        server = await startTestServer({ fixture, port })
        await hearsOf(heard + 1)
      }
      expect(ends).toEqual([])
    } finally {
      dispose()
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
