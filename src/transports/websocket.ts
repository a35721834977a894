import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ExecutionArgs, type ExecutionResult, GraphQLError, type GraphQLErrorExtensions } from 'graphql'
import { CloseCode, handleProtocols, makeServer } from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import { PeriodicCalls } from '../async/periodic-calls.ts'
import type { Sender } from '../caller.ts'
import type { Hold } from '../memory/hold.ts'
import { PayloadStream } from '../operations/payload-stream.ts'
import type { PreparedOperation } from '../operations/prepared-operation.ts'
import type { CallerLimits } from '../rates/caller-limits.ts'
import { Counts } from '../rates/counts.ts'
import { networkOf } from '../rates/network.ts'
import { clientOf } from './clients.ts'
import { PayloadSender } from './payload-sender.ts'
import { Peer, type Unread } from './peer.ts'
import { isRefusal, type TransportParts } from './transport.ts'

/** Carries an operation for graphql-ws to execute, or a subscription's outcome: a stream or a single result. */
interface RunnableArgs extends ExecutionArgs {
  rootValue: PreparedOperation | PayloadSender | ExecutionResult
  contextValue: Peer
  sender: Sender
}

export interface WebSockets {
  /**
   * Takes over a socket whose request asks for an upgrade to a WebSocket.
   *
   * @returns False, and does nothing, where its address has too many sockets that have yet to say who they are.
   */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean
  /** Closes every socket with code 1001, "going away", and resolves when they are closed. */
  close(): Promise<void>
}

/** Serves the WebSocket subprotocol `graphql-transport-ws`. */
export function createWebSockets(
  parts: TransportParts & {
    /** Time between pings (milliseconds). A socket that has not answered one before the next is due is terminated. */
    pingMs: number
    /** Maximum number of operations that run at the same time on one socket. */
    maxOperationsPerSocket: number
    /** Maximum number of sockets of one address that have yet to send `connection_init`. */
    maxUnknownSockets: number
    callerLimits: CallerLimits
  },
): WebSockets {
  const { operations, identify, maxRequestBytes, toClientError, pingMs, maxOperationsPerSocket } = parts
  const { largeRequests, callerLimits, tracing } = parts
  const { unsent } = parts.memory
  const tooManyOperations = new GraphQLError(
    `At most ${maxOperationsPerSocket} operations run at the same time on one WebSocket; complete some, or open another`,
    { extensions: { code: 'LIMIT_EXCEEDED' } },
  )
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxRequestBytes, handleProtocols })

  const initialise = async (peer: Peer, connectionParams: Record<string, unknown> | undefined) => {
    uninitialised.delete(peer)
    try {
      await peer.identify((request) => identify(request, connectionParams), callerLimits)
      return true
    } catch (error) {
      const { message, extensions } = toClientError(error)
      peer.close(closeCodeOf(extensions), message)
      return false
    } finally {
      peer.known()
    }
  }

  /** Closes sockets that do not send `connection_init` in time. */
  const uninitialised = new PeriodicCalls<Peer>(INIT_WAIT_MS, (peer) => {
    uninitialised.delete(peer)
    peer.close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout')
  })

  const protocol = makeServer<never, Peer>({
    // This turns off a timer per socket; see `uninitialised`.
    connectionInitWaitTimeout: 0,
    execute: (args) => {
      const { rootValue, contextValue, sender } = args as RunnableArgs
      return (rootValue as PreparedOperation).execute({
        isWanted: () => contextValue.isOpen,
        sender,
      }) as never
    },
    subscribe: (args) => (args as RunnableArgs).rootValue as never,
    onConnect: ({ extra, connectionParams }) => initialise(extra, connectionParams),
    onSubscribe: async ({ extra }, id, payload) => {
      extra.started(id)
      const { owner } = extra
      if (extra.running >= maxOperationsPerSocket) {
        extra.rest()
        return [tooManyOperations]
      }
      const { request } = payload as Unread
      const sender = tracing?.senderOf(request, extra.sender) ?? extra.sender
      const prepared = await operations.receive(request, sender)
      if (isRefusal(prepared)) {
        if (prepared.errors.some(isOverLimit)) extra.rest()
        return prepared.errors
      }
      const { schema, document } = prepared.executable
      const args = { schema, document, operationName: prepared.name, contextValue: extra, sender }
      if (prepared.type !== 'subscription') return { ...args, rootValue: prepared }
      const payloads = await prepared.subscribe(sender, 'websocket')
      if (owner) largeRequests.letGo(owner)
      if (!(payloads instanceof PayloadStream)) {
        if (payloads.errors.some(isOverLimit)) extra.rest()
        return { ...args, rootValue: { errors: payloads.errors } }
      }
      const { socket, client } = extra
      return { ...args, rootValue: new PayloadSender(payloads, { socket, client, id, unsent }) }
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

  const unknown = new Counts(parts.maxUnknownSockets)

  const onOpen = (socket: WebSocket, request: IncomingMessage, stream: Duplex, hold: Hold) => {
    const peer = new Peer(socket, request, parts, stream, hold)
    const onClosed = protocol.opened(peer, peer)
    uninitialised.add(peer)
    pings.add(socket)
    socket.on('pong', onPong)
    socket.on('error', ignore)
    socket.on('close', (code, reason) => {
      uninitialised.delete(peer)
      pings.delete(socket)
      peer.closed()
      void onClosed(code, String(reason))
    })
  }

  return {
    upgrade(request, socket, head) {
      const hold = unknown.tryTake(networkOf(clientOf(request)))
      if (!hold) return false
      releaseAtClose(hold, socket)
      sockets.handleUpgrade(request, socket, head, (webSocket) => onOpen(webSocket, request, socket, hold))
      return true
    },
    async close() {
      for (const socket of sockets.clients) socket.close(1001, 'Going away')
      const closed = new Promise((resolve) => sockets.close(resolve))
      // A peer that is gone without a word never answers.
      const timer = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate()
      }, CLOSE_WAIT_MS)
      await closed
      clearTimeout(timer)
    },
  }
}

/** Stands apart, since a listener keeps everything that functions beside it use, such as a request. */
function releaseAtClose(hold: Hold, socket: Duplex): void {
  socket.on('close', () => hold.release())
}

function closeCodeOf({ code, retryAfterSeconds }: GraphQLErrorExtensions): number {
  if (code === 'UNAUTHENTICATED') return CloseCode.Unauthorized
  const isPassing = code === 'UNAVAILABLE' || retryAfterSeconds !== undefined
  return isPassing ? TRY_AGAIN_LATER : CloseCode.InternalServerError
}

/** Says whether an error refuses what may be sent again later. */
function isOverLimit({ extensions }: GraphQLError): boolean {
  return extensions.retryAfterSeconds !== undefined
}

/** An error on a socket also closes it, so there is nothing more to do. */
function ignore(): void {}

/** Close code for what may be tried again later, registered at IANA. */
const TRY_AGAIN_LATER = 1013

/** Longest wait for a client's `connection_init` (milliseconds). */
const INIT_WAIT_MS = 3_000

/** A peer may take so long to answer the end of its socket. */
const CLOSE_WAIT_MS = 1_000
