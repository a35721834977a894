import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { relayStylePagination } from '@apollo/client/utilities'
import { OperationTypeNode } from 'graphql'
import { type ClientOptions, createClient } from 'graphql-ws'
import type { TailSubscription } from './generated/graphql.ts'

const tailMessages: TailSubscription['tail']['__typename'][] = ['TickBatch', 'Gap']

/** @param webSocketImpl Takes the place of the global WebSocket, which Node has from 22 on. */
export function createApolloClient(
  url: string,
  webSocketImpl?: ClientOptions['webSocketImpl'],
): { client: ApolloClient; close: () => void } {
  const sockets = createClient({ url: url.replace(/^http/, 'ws'), webSocketImpl })
  const link = ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(sockets),
    new HttpLink({ uri: url }),
  )
  // Queues are told apart by their Node ids, so what a mutation answers changes them wherever they are shown.
  const cache = new InMemoryCache({
    possibleTypes: { TailMessage: tailMessages },
    typePolicies: { Query: { fields: { queues: relayStylePagination(['database', 'nameLike']) } } },
  })
  const client = new ApolloClient({ link, cache })
  const close = () => {
    client.stop()
    void sockets.dispose()
  }
  return { client, close }
}
