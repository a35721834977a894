import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ExecutionArgs, GraphQLError } from 'graphql'
import {
  CloseCode,
  handleProtocols,
  makeServer,
  type WebSocket as ProtocolSocket,
  type SubscribePayload,
} from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import { Heartbeat } from '../async/periodic-calls.ts'
import { type Operations, readParameters } from '../operations/operations.ts'
import { checkOperationName } from '../operations/request-errors.ts'
import { PayloadSender } from './payload-sender.ts'
import { type GraphqlHandler, graphqlPath } from './yoga.ts'

/** How an operation is run that `onSubscribe` has found to be in order. */
interface RunnableArgs extends ExecutionArgs {
  rootValue: Runner
}

interface Runner {
  /** Runs a query or mutation, where it may be one. */
  execute?(args: ExecutionArgs): unknown
  subscribe(args: ExecutionArgs): unknown
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
  /** A socket that has not answered the last ping when the next one is due is gone, whatever TCP thinks. */
  pingMs: number
}): { close(): Promise<void> } {
  const { server, handler, operations, toClientError, maxMessageBytes, refuse, pingMs } = options
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes, handleProtocols })

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
      checkOperationName(document, payload.operationName ?? null)
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
    const { schema, document, name: operationName } = operation
    const rootValue = new PayloadSender(payloads, socket, id)
    return { schema, document, operationName, rootValue, contextValue: undefined }
  }

  /** Those who have not said `connection_init` yet. */
  const unintroduced = new Heartbeat<Peer>(INIT_WAIT_MS, (peer) => {
    unintroduced.delete(peer)
    peer.close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout')
  })

  const protocol = makeServer<never, Peer>({
    // Its timer would be one for each socket; see `unintroduced`.
    connectionInitWaitTimeout: 0,
    execute: (args) => (args as RunnableArgs).rootValue.execute?.(args) as never,
    subscribe: (args) => (args as RunnableArgs).rootValue.subscribe(args) as never,
    onConnect: ({ extra }) => void unintroduced.delete(extra),
    onSubscribe: async ({ extra }, id, payload) =>
      (await throughOperations(extra.socket, id, payload)) ?? (await throughHandler(payload)),
  })

  const unanswered = new WeakSet<WebSocket>()
  const pings = new Heartbeat<WebSocket>(pingMs, (socket) => {
    if (unanswered.has(socket)) {
      socket.terminate()
      return
    }
    unanswered.add(socket)
    socket.ping()
  })

  function onPong(this: WebSocket): void {
    unanswered.delete(this)
  }

  sockets.on('connection', (socket) => {
    const peer = new Peer(socket)
    const onClosed = protocol.opened(peer, peer)
    unintroduced.add(peer)
    pings.add(socket)
    socket.on('pong', onPong)
    socket.on('error', ignore)
    socket.on('close', (code, reason) => {
      unintroduced.delete(peer)
      pings.delete(socket)
      void onClosed(code, String(reason))
    })
  })

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const [path] = (request.url ?? '/').split('?')
    if (path !== graphqlPath) refuseUpgrade(socket, '404 Not Found')
    else if (refuse(request) !== null) refuseUpgrade(socket, '403 Forbidden')
    else {
      sockets.handleUpgrade(request, socket, head, (webSocket) =>
        sockets.emit('connection', webSocket, request),
      )
    }
  }
  server.on('upgrade', onUpgrade)

  return {
    /** Closes every socket with 1001, "going away". */
    async close() {
      server.off('upgrade', onUpgrade)
      for (const socket of sockets.clients) socket.close(1001, 'Going away')
      await new Promise((resolve) => sockets.close(resolve))
    },
  }
}

/** What goes wrong on a socket also closes it. */
function ignore(): void {}

function refuseUpgrade(socket: Duplex, status: string): void {
  // Node has taken its own listeners off this socket.
  socket.on('error', ignore)
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`)
}

/** A socket as graphql-ws knows it. Its own adapter has two timers for each and keeps the request. */
class Peer implements ProtocolSocket {
  readonly socket: WebSocket

  constructor(socket: WebSocket) {
    this.socket = socket
  }

  get protocol(): string {
    return this.socket.protocol
  }

  send(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.socket.readyState !== this.socket.OPEN) resolve()
      else this.socket.send(text, (error) => (error ? reject(error) : resolve()))
    })
  }

  /** Some reasons quote the client, at any length. */
  close(code: number, reason: string): void {
    this.socket.close(code, Buffer.byteLength(reason) > MAX_REASON_BYTES ? '' : reason)
  }

  onMessage(handle: (text: string) => Promise<void>): void {
    this.socket.on('message', (data) => {
      handle(String(data)).catch(() => this.close(CloseCode.InternalServerError, 'Internal server error'))
    })
  }
}

/** Of what a close frame has room for. */
const MAX_REASON_BYTES = 123

/** How long a client may take to say `connection_init`. */
const INIT_WAIT_MS = 3_000
