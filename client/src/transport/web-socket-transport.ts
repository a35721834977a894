import { checkNumber, checkTimeoutMs } from '../check-number.ts'
import type { TypedDocument } from '../document.ts'
import { isObject, PgqClientError } from '../errors.ts'
import { startTimer, type Timer } from '../timer.ts'
import type { Tracing } from '../tracing.ts'
import { parseUrl } from './address.ts'
import { GraphqlSocket, type GraphqlSocketOptions, type Sink } from './graphql-socket.ts'
import { jsonText } from './json-text.ts'
import { MessageQueue } from './message-queue.ts'
import { dataOf } from './reply.ts'
import { type StreamOptions, Token } from './token.ts'
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
  /** Parameters go with `connection_init`, besides the token as `authorization`. A function is asked for each connection. */
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
 * with the first operation, and again when it was lost, or there is another token.
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
  readonly tracing: Tracing | undefined
  readonly #socketOptions: GraphqlSocketOptions
  readonly #token: Token
  readonly #requestTimeoutMs: number
  readonly #maxWaitingLength: number
  #connection: { socket: GraphqlSocket; authorization: string | undefined } | undefined

  constructor(http: HttpOptions, options: WebSocketOptions) {
    this.tracing = http.tracing
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
    this.#token = new Token(http.token, this.#requestTimeoutMs)
    this.#maxWaitingLength = checkNumber('maxWaitingLength', options.maxWaitingLength ?? 16 * 1024 * 1024, 1)
  }

  async request<Result, Variables>(
    document: TypedDocument<Result, Variables>,
    variables: Variables | undefined,
    signal?: AbortSignal,
  ): Promise<Result> {
    // A fault of the caller opens no connection.
    const text = this.#payloadText(document, variables)
    return this.#token.request(signal, (authorization) => this.#request(text, authorization, signal))
  }

  async #request<Result>(
    text: string,
    authorization: string | undefined,
    signal: AbortSignal | undefined,
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
        cancel = this.#start(text, authorization, {
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
    options: StreamOptions = {},
  ): AsyncGenerator<Result, void> {
    const text = this.#payloadText(document, variables)
    yield* this.#token.stream(options, (authorization, onOpen) =>
      this.#subscribe<Result>(text, authorization, { signal: options.signal, onOpen }),
    )
  }

  async *#subscribe<Result>(
    text: string,
    authorization: string | undefined,
    { signal, onOpen }: StreamOptions,
  ): AsyncGenerator<Result, void> {
    signal?.throwIfAborted()
    const messages = new MessageQueue(this.#maxWaitingLength)
    const cancel = this.#start(text, authorization, {
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

  /** A WebSocket has no headers, so that they go as extensions. */
  #payloadText(document: TypedDocument<unknown, never>, variables: unknown): string {
    const extensions = this.tracing?.headers()
    return jsonText({ query: document.toString(), variables, extensions }, 'variables')
  }

  #start(payload: string, authorization: string | undefined, sink: Sink): () => void {
    return this.#socketFor(authorization).start(payload, sink)
  }

  /** Opens another connection for another token; what is under way on the one before goes on there. */
  #socketFor(authorization: string | undefined): GraphqlSocket {
    const known = this.#connection
    if (known && !known.socket.isClosed && known.authorization === authorization) return known.socket
    known?.socket.retire()
    const { connectionParams, ...options } = this.#socketOptions
    const params = async () => withAuthorization(await connectionParams(), authorization)
    const socket = new GraphqlSocket({ ...options, connectionParams: params })
    this.#connection = { socket, authorization }
    return socket
  }
}

function withAuthorization(params: unknown, authorization: string | undefined): unknown {
  if (authorization === undefined) return params
  return { ...(isObject(params) ? params : {}), authorization }
}
