import { checkNumber, checkTimeoutMs } from '../check-number.ts'
import type { TypedDocument } from '../document.ts'
import { PgqClientError } from '../errors.ts'
import { startTimer, type Timer } from '../timer.ts'
import { parseUrl } from './address.ts'
import { GraphqlSocket, type GraphqlSocketOptions, type Sink } from './graphql-socket.ts'
import { jsonText } from './json-text.ts'
import { MessageQueue } from './message-queue.ts'
import { dataOf } from './reply.ts'
import {
  type HttpOptions,
  REQUEST_TIMEOUT_MS,
  SILENCE_TIMEOUT_MS,
  type Transport,
  type TransportFactory,
} from './transport.ts'
import type { WebSocketConstructor } from './web-socket.ts'

export interface WebSocketOptions {
  /**
   * Takes the place of the global WebSocket, which Node has from 22 on; before that, give the one of the package ws.
   */
  webSocket?: WebSocketConstructor | undefined
  /** Parameters go with `connection_init`. A function is asked for each connection, so that a token can be renewed. */
  connectionParams?: Record<string, unknown> | (() => unknown) | undefined
  /** A connection that is not acknowledged within this fails with TIMEOUT. Milliseconds, more than 0, default 10,000. */
  connectTimeoutMs?: number | undefined
  /** How long a connection is kept while nothing is under way. Milliseconds, default 1,000. */
  idleTimeoutMs?: number | undefined
  /**
   * The most characters of a subscription's messages that wait to be taken, 16 Mi by default. A WebSocket cannot be
   * told to wait: past that the subscription ends with UNAVAILABLE. `tail` and `consume` then go on where it was.
   */
  maxWaitingLength?: number | undefined
}

/**
 * Makes a client's option `transport`: all operations go over one WebSocket, in place of HTTP and SSE. It is connected
 * with the first operation, and again when it was lost.
 *
 * @throws TypeError, when the client is created, where there is no WebSocket, or for `headers`, which it cannot send;
 * PgqClientError `BAD_INPUT` for other options.
 */
export function webSocket(options: WebSocketOptions = {}): TransportFactory {
  return (http) => new WebSocketTransport(http, options)
}

/** The globals that runtimes may have; the types of each know only its own. */
const runtime: { WebSocket?: WebSocketConstructor } = globalThis

class WebSocketTransport implements Transport {
  readonly isWatched = true
  readonly #socketOptions: GraphqlSocketOptions
  readonly #requestTimeoutMs: number
  readonly #maxWaitingLength: number
  #socket: GraphqlSocket | undefined

  constructor(http: HttpOptions, options: WebSocketOptions) {
    const { connectionParams, webSocket = runtime.WebSocket } = options
    if (!webSocket) {
      throw new TypeError('There is no WebSocket here: give one, as webSocket({ webSocket: WebSocket })')
    }
    if (http.headers) throw new TypeError('A WebSocket sends no headers; connectionParams take their place')
    const url = parseUrl(http.url, ['http', 'https', 'ws', 'wss'])
    url.protocol = url.protocol.replace('http', 'ws')
    this.#socketOptions = {
      url,
      webSocket,
      connectionParams: typeof connectionParams === 'function' ? connectionParams : () => connectionParams,
      connectTimeoutMs: checkTimeoutMs('connectTimeoutMs', options.connectTimeoutMs ?? 10_000),
      silenceTimeoutMs: checkTimeoutMs('silenceTimeoutMs', http.silenceTimeoutMs ?? SILENCE_TIMEOUT_MS),
      idleTimeoutMs: checkNumber('idleTimeoutMs', options.idleTimeoutMs ?? 1_000, 0),
    }
    this.#requestTimeoutMs = checkTimeoutMs('requestTimeoutMs', http.requestTimeoutMs ?? REQUEST_TIMEOUT_MS)
    this.#maxWaitingLength = checkNumber('maxWaitingLength', options.maxWaitingLength ?? 16 * 1024 * 1024, 1)
  }

  async request<Result, Variables>(
    document: TypedDocument<Result, Variables>,
    variables: Variables | undefined,
    signal?: AbortSignal,
  ): Promise<Result> {
    signal?.throwIfAborted()
    const timeoutMs = this.#requestTimeoutMs
    let timer: Timer
    let abort = () => {}
    let cancel = () => {}
    try {
      const payload = await new Promise<unknown>((resolve, reject) => {
        timer = startTimer(
          () => reject(new PgqClientError('TIMEOUT', `No answer within ${timeoutMs} ms`)),
          timeoutMs,
        )
        abort = () => reject(signal?.reason)
        signal?.addEventListener('abort', abort)
        let result: unknown
        cancel = this.#start(document, variables, {
          next(payload) {
            result ??= payload
          },
          end(error) {
            if (result !== undefined) resolve(result)
            else reject(error ?? new PgqClientError('INTERNAL', 'The server sent no result'))
          },
        })
      })
      return dataOf<Result>(payload)
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      cancel()
    }
  }

  async *subscribe<Result, Variables>(
    document: TypedDocument<Result, Variables>,
    variables: Variables | undefined,
    options: { signal?: AbortSignal | undefined; onOpen?: (() => void) | undefined } = {},
  ): AsyncGenerator<Result, void> {
    const { signal, onOpen } = options
    signal?.throwIfAborted()
    const messages = new MessageQueue(this.#maxWaitingLength)
    const cancel = this.#start(document, variables, {
      sent: onOpen,
      next(payload, length) {
        if (messages.push(payload, length)) return
        messages.end(new PgqClientError('UNAVAILABLE', 'More messages wait than maxWaitingLength allows'))
        cancel()
      },
      end: (error) => messages.end(error),
    })
    const abort = () => messages.abort(signal?.reason)
    signal?.addEventListener('abort', abort)
    try {
      for (;;) {
        const payload = await messages.next()
        if (payload === undefined) return
        yield dataOf<Result>(payload)
      }
    } finally {
      signal?.removeEventListener('abort', abort)
      cancel()
    }
  }

  #start(document: TypedDocument<unknown, never>, variables: unknown, sink: Sink): () => void {
    // A fault of the caller opens no connection.
    const payload = jsonText({ query: document.toString(), variables }, 'variables')
    if (!this.#socket || this.#socket.isClosed) this.#socket = new GraphqlSocket(this.#socketOptions)
    return this.#socket.start(payload, sink)
  }
}
