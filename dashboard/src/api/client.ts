import { Client, type CombinedError, subscriptionExchange } from 'urql'
import { connect } from './connection.ts'
import { askToSignIn, token } from './credentials.ts'

const socket = connect(token, askToSignIn)

/** All operations share one WebSocket: a browser has but six connections for all the tabs of an HTTP/1.1 server. */
export const client = new Client({
  url: '',
  preferGetMethod: false,
  exchanges: [
    subscriptionExchange({
      enableAllOperations: true,
      forwardSubscription: (request) => ({
        subscribe: (sink) => ({
          unsubscribe: socket.subscribe(
            { query: request.query ?? '', variables: request.variables ?? {} },
            {
              next(result) {
                if (result.errors?.some(({ extensions }) => extensions?.code === 'UNAUTHENTICATED'))
                  askToSignIn()
                else sink.next(result as Parameters<typeof sink.next>[0])
              },
              error(errors) {
                const refused = Array.isArray(errors) && errors.some(isUnauthenticated)
                if (refused) askToSignIn()
                else sink.error(errors)
              },
              complete: () => sink.complete(),
            },
          ),
        }),
      }),
    }),
  ],
})

function isUnauthenticated(error: { extensions?: { code?: unknown } }): boolean {
  return error.extensions?.code === 'UNAUTHENTICATED'
}

/** Returns what the gateway said, in its own words. */
export function messageOf(error: CombinedError): string {
  return (
    error.graphQLErrors[0]?.message ?? error.networkError?.message ?? 'The gateway did not say what is wrong'
  )
}
