import { createClient } from 'graphql-sse'
import {
  Environment,
  type GraphQLResponse,
  Network,
  Observable,
  RecordSource,
  type RequestParameters,
  Store,
  type Variables,
} from 'relay-runtime'

/** Requests by HTTP, subscriptions by SSE. */
export function createRelayEnvironment(url: string): Environment {
  const streams = createClient({ url })

  const request = async ({ text }: RequestParameters, variables: Variables): Promise<GraphQLResponse> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: text, variables }),
    })
    return response.json() as Promise<GraphQLResponse>
  }

  const subscribe = ({ text }: RequestParameters, variables: Variables) =>
    Observable.create<GraphQLResponse>((sink) =>
      streams.subscribe(
        { query: text ?? '', variables },
        { next: (value) => sink.next(value as GraphQLResponse), error: sink.error, complete: sink.complete },
      ),
    )

  return new Environment({
    network: Network.create(request, subscribe),
    store: new Store(new RecordSource()),
  })
}
