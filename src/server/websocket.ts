import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ExecutionArgs, GraphQLError } from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'
import { type GraphqlHandler, graphqlPath } from './graphql.ts'

interface EnvelopedArgs extends ExecutionArgs {
  rootValue: {
    execute: (args: ExecutionArgs) => unknown
    subscribe: (args: ExecutionArgs) => unknown
  }
}

/**
 * `graphql-transport-ws` on the same path as HTTP. Each operation goes through the plugins of the HTTP handler, so that
 * limits and error codes are the same.
 */
export function serveWebSockets(options: {
  server: Server
  handler: GraphqlHandler
  toClientError: (error: unknown) => GraphQLError
  maxMessageBytes: number
  refuse: (request: IncomingMessage) => string | null
}): { close(): Promise<void> } {
  const { server, handler, toClientError, maxMessageBytes, refuse } = options
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes })
  const graphql = useServer(
    {
      execute: (args) => (args as EnvelopedArgs).rootValue.execute(args) as never,
      subscribe: (args) => (args as EnvelopedArgs).rootValue.subscribe(args) as never,
      async onSubscribe(_context, _id, payload) {
        // Without the HTTP request: Yoga's rules for methods (no mutation by GET) are not meant for a socket's upgrade.
        const { schema, execute, subscribe, contextFactory, parse, validate } = handler.getEnveloped({
          params: payload,
        })
        try {
          const document = parse(payload.query)
          const errors = validate(schema, document)
          if (errors.length > 0) return errors.map(toClientError)
          const args: EnvelopedArgs = {
            schema,
            document,
            operationName: payload.operationName ?? null,
            variableValues: payload.variables ?? {},
            contextValue: await contextFactory(),
            rootValue: { execute, subscribe },
          }
          return args
        } catch (error) {
          return [toClientError(error)]
        }
      },
    },
    sockets,
  )

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const reason = pathname === graphqlPath ? refuse(request) : 'There is no WebSocket here'
    if (reason !== null) {
      socket.end(
        `HTTP/1.1 ${pathname === graphqlPath ? '403 Forbidden' : '404 Not Found'}\r\nConnection: close\r\n\r\n`,
      )
      return
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) =>
      sockets.emit('connection', webSocket, request),
    )
  }
  server.on('upgrade', onUpgrade)

  return {
    /** Closes every socket with 1001, "going away". */
    async close() {
      server.off('upgrade', onUpgrade)
      await graphql.dispose()
    },
  }
}
