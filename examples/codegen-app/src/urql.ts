import { Client, cacheExchange, fetchExchange, subscriptionExchange } from '@urql/core'
import { createClient } from 'graphql-sse'

/** Requests by HTTP, subscriptions by SSE. After a mutation, urql asks anew for what names a type of its answer. */
export function createUrqlClient(url: string): Client {
  const streams = createClient({ url })
  return new Client({
    url,
    preferGetMethod: false,
    exchanges: [
      cacheExchange,
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables = {} }) => ({
          subscribe: (sink) => ({ unsubscribe: streams.subscribe({ query, variables }, sink) }),
        }),
      }),
    ],
  })
}
