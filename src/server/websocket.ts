import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ExecutionArgs, GraphQLError } from 'graphql'
import type { SubscribePayload } from 'graphql-ws'
import { useServer } from 'graphql-ws/use/ws'
import { type WebSocket, WebSocketServer } from 'ws'
import { type Operations, type PayloadStream, readParameters } from '../execution/operations.ts'
import { type GraphqlHandler, graphqlPath } from './graphql.ts'

/** How an operation is run that `onSubscribe` has found to be in order. */
interface RunnableArgs extends ExecutionArgs {
  rootValue: {
    execute: (args: ExecutionArgs) => unknown
    subscribe: (args: ExecutionArgs) => unknown
  }
}

/**
 * `graphql-transport-ws` on the same path as HTTP. Each operation goes the ways that it would go there, so that limits
 * and error codes are the same.
 */
export function serveWebSockets(options: {
  server: Server
  handler: GraphqlHandler
  operations: Operations
  toClientError: (error: unknown) => GraphQLError
  maxMessageBytes: number
  refuse: (request: IncomingMessage) => string | null
}): { close(): Promise<void> } {
  const { server, handler, operations, toClientError, maxMessageBytes, refuse } = options
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes })

  /** What the handler makes of an operation, errors and all. */
  const throughHandler = async (
    payload: SubscribePayload,
  ): Promise<RunnableArgs | readonly GraphQLError[]> => {
    // Without the HTTP request: Yoga's rules for methods (no mutation by GET) are not meant for a socket's upgrade.
    const { schema, execute, subscribe, contextFactory, parse, validate } = handler.getEnveloped({
      params: payload,
    })
    try {
      const document = parse(payload.query)
      const errors = validate(schema, document)
      if (errors.length > 0) return errors.map(toClientError)
      return {
        schema,
        document,
        operationName: payload.operationName ?? null,
        variableValues: payload.variables ?? {},
        contextValue: await contextFactory(),
        rootValue: { execute, subscribe },
      }
    } catch (error) {
      return [toClientError(error)]
    }
  }

  /** Subscriptions that are in order take the short way, on which equal subscribers share their messages. */
  const throughOperations = async (
    socket: WebSocket,
    id: string,
    payload: SubscribePayload,
  ): Promise<RunnableArgs | null> => {
    const parameters = readParameters(payload)
    if (!parameters) return null
    const operation = operations.find(parameters)
    if (operation?.type !== 'subscription') return null
    const payloads = await operations.subscribe(operation, parameters.variables)
    if (!payloads) return null
    const subscribe = () => sendAll(payloads, socket, id)
    return { ...operation, operationName: operation.name, rootValue: { execute: subscribe, subscribe } }
  }

  const graphql = useServer(
    {
      execute: (args) => (args as RunnableArgs).rootValue.execute(args) as never,
      subscribe: (args) => (args as RunnableArgs).rootValue.subscribe(args) as never,
      onSubscribe: async ({ extra }, id, payload) =>
        (await throughOperations(extra.socket, id, payload)) ?? (await throughHandler(payload)),
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

/**
 * Sends each payload as a `next` message itself: graphql-ws would make the text anew for each socket. To graphql-ws this
 * is a stream without messages, which it ends or completes as any other. The next payload is asked for when this one has
 * left.
 */
function sendAll(
  payloads: PayloadStream,
  socket: WebSocket,
  id: string,
): AsyncIterableIterator<never, undefined> {
  const head = `{"id":${JSON.stringify(id)},"type":"next","payload":`
  let isOver = false
  return {
    async next() {
      for (;;) {
        const result = await payloads.next()
        if (result.done || isOver || socket.readyState !== socket.OPEN)
          return { done: true, value: undefined }
        await new Promise<unknown>((resolve) => socket.send(`${head}${result.value.json}}`, resolve))
      }
    },
    async return() {
      isOver = true
      await payloads.return()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
