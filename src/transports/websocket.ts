import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ExecutionArgs, ExecutionResult } from 'graphql'
import { CloseCode, handleProtocols, makeServer, type WebSocket as ProtocolSocket } from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import { PeriodicCalls } from '../async/periodic-calls.ts'
import type { Caller } from '../caller.ts'
import { PgqError } from '../errors.ts'
import type { PreparedOperation } from '../operations/operations.ts'
import { PayloadStream } from '../operations/payload-stream.ts'
import { PayloadSender } from './payload-sender.ts'
import { isRefusal, type TransportParts } from './transport.ts'

/** Carries what graphql-ws is to execute, or what a subscription has given: a stream, or a result that is all there is. */
interface RunnableArgs extends ExecutionArgs {
  rootValue: PreparedOperation | PayloadSender | ExecutionResult
}

export interface WebSockets {
  /** Takes over a socket whose request asks for an upgrade to a WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Closes every socket with 1001, "going away", and resolves when they are closed. */
  close(): Promise<void>
}

/** Serves `graphql-transport-ws`. */
export function createWebSockets(
  parts: TransportParts & {
    /** A socket that has not answered the last ping when the next one is due is gone, whatever TCP thinks. */
    pingMs: number
  },
): WebSockets {
  const { operations, authenticate, maxRequestBytes, toClientError, pingMs } = parts
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxRequestBytes, handleProtocols })

  const introduce = async (peer: Peer, connectionParams: Record<string, unknown> | undefined) => {
    unintroduced.delete(peer)
    try {
      await peer.introduce((request) => authenticate(request, connectionParams))
      return true
    } catch (error) {
      const isRefused = error instanceof PgqError && error.code === 'UNAUTHENTICATED'
      const { message } = toClientError(error)
      peer.close(isRefused ? CloseCode.Unauthorized : CloseCode.InternalServerError, message)
      return false
    }
  }

  /** Holds those who have not said `connection_init` yet. */
  const unintroduced = new PeriodicCalls<Peer>(INIT_WAIT_MS, (peer) => {
    unintroduced.delete(peer)
    peer.close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout')
  })

  const protocol = makeServer<never, Peer>({
    // Its timer would be one for each socket; see `unintroduced`.
    connectionInitWaitTimeout: 0,
    execute: (args) => ((args as RunnableArgs).rootValue as PreparedOperation).execute() as never,
    subscribe: (args) => (args as RunnableArgs).rootValue as never,
    onConnect: ({ extra, connectionParams }) => introduce(extra, connectionParams),
    onSubscribe: async ({ extra }, id, payload) => {
      const prepared = operations.prepare(payload, extra.caller)
      if (isRefusal(prepared)) return prepared.errors
      const { schema, document } = prepared.executable
      const args = { schema, document, operationName: prepared.name, contextValue: undefined }
      if (prepared.type !== 'subscription') return { ...args, rootValue: prepared }
      const payloads = await prepared.subscribe()
      return payloads instanceof PayloadStream
        ? { ...args, rootValue: new PayloadSender(payloads, extra.socket, id) }
        : { ...args, rootValue: { errors: payloads.errors } }
    },
  })

  const unanswered = new WeakSet<WebSocket>()
  const pings = new PeriodicCalls<WebSocket>(pingMs, (socket) => {
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

  const onOpen = (socket: WebSocket, request: IncomingMessage) => {
    const peer = new Peer(socket, request)
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
  }

  return {
    upgrade: (request, socket, head) =>
      sockets.handleUpgrade(request, socket, head, (webSocket) => onOpen(webSocket, request)),
    async close() {
      for (const socket of sockets.clients) socket.close(1001, 'Going away')
      await new Promise((resolve) => sockets.close(resolve))
    },
  }
}

/** What goes wrong on a socket also closes it. */
function ignore(): void {}

/** A socket as graphql-ws knows it. The adapter that comes with it has two timers for each and keeps the request. */
class Peer implements ProtocolSocket {
  readonly socket: WebSocket
  /** Kept until the peer is introduced. */
  #request: IncomingMessage | undefined
  #caller: Caller | undefined

  constructor(socket: WebSocket, request: IncomingMessage) {
    this.socket = socket
    this.#request = request
  }

  /** Who has opened this socket. @throws before it is introduced; graphql-ws closes sockets that subscribe by then. */
  get caller(): Caller {
    if (!this.#caller) throw new Error('the peer is not introduced')
    return this.#caller
  }

  async introduce(identify: (request: IncomingMessage) => Caller | Promise<Caller>): Promise<void> {
    const request = this.#request
    this.#request = undefined
    if (request) this.#caller = await identify(request)
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

  /** Closes with a reason where a close frame has room for it: some quote the client, at any length. */
  close(code: number, reason: string): void {
    this.socket.close(code, Buffer.byteLength(reason) > MAX_REASON_BYTES ? '' : reason)
  }

  onMessage(handle: (text: string) => Promise<void>): void {
    this.socket.on('message', (data) => {
      handle(String(data)).catch(() => this.close(CloseCode.InternalServerError, 'Internal server error'))
    })
  }
}

/** Maximum length of a close reason (RFC 6455). */
const MAX_REASON_BYTES = 123

/** A client may take so long to say `connection_init`. */
const INIT_WAIT_MS = 3_000
