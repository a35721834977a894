import { type LinkedController, linkedController } from './abort.ts'
import type { TypedDocument } from './document.ts'
import { PgqClientError } from './errors.ts'
import { dataOf, parseJson } from './reply.ts'
import { readEvents } from './sse.ts'

export interface Transport {
  /** The server notices by the connection alone when this side is gone, also where nobody closes it. */
  readonly isWatched: boolean
  /** @throws PgqClientError; the signal's reason when that is aborted. */
  request<Result, Variables>(
    document: TypedDocument<Result, Variables>,
    variables: Variables | undefined,
    signal?: AbortSignal,
  ): Promise<Result>
  /** Ends when the server completes it. Not reconnected. @throws as `request`. */
  subscribe<Result, Variables>(
    document: TypedDocument<Result, Variables>,
    variables: Variables | undefined,
    options?: { signal?: AbortSignal | undefined; onOpen?: (() => void) | undefined },
  ): AsyncGenerator<Result, void>
}

export type Headers = Record<string, string>

export interface HttpOptions {
  /** Of the GraphQL endpoint, such as http://localhost:4000/graphql. */
  url: string | URL
  /** Sent with each request; a function is asked before each, so that a token can be renewed. */
  headers?: Headers | (() => Headers | Promise<Headers>) | undefined
  /** In place of the global one. */
  fetch?: typeof globalThis.fetch | undefined
  /** A request without an answer for this long fails with TIMEOUT. Milliseconds, default 35,000: the server's own limit is 30. */
  requestTimeoutMs?: number | undefined
  /**
   * A stream, or a WebSocket, on which nothing arrives for this long counts as lost. Milliseconds, default 40,000: the
   * server pings a stream each 12 s; over a WebSocket the client does.
   */
  silenceTimeoutMs?: number | undefined
}

export interface ConnectionOptions extends HttpOptions {
  /** In place of HTTP and SSE: `webSocket()`. */
  transport?: TransportFactory | undefined
}

/** Called once for a client. */
export type TransportFactory = (options: HttpOptions) => Transport

export const REQUEST_TIMEOUT_MS = 35_000
export const SILENCE_TIMEOUT_MS = 40_000

export function openTransport({ transport, ...options }: ConnectionOptions): Transport {
  return transport ? transport(options) : new HttpTransport(options)
}

/** GraphQL over HTTP, and over SSE in distinct connections mode. */
export class HttpTransport implements Transport {
  readonly isWatched = false
  readonly #options: HttpOptions

  constructor(options: HttpOptions) {
    this.#options = options
  }

  async request<Result, Variables>(
    document: TypedDocument<Result, Variables>,
    variables: Variables | undefined,
    signal?: AbortSignal,
  ): Promise<Result> {
    const timeoutMs = this.#options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS
    const control = linkedController(signal)
    const timer = setTimeout(
      () => control.abort(new PgqClientError('TIMEOUT', `No answer within ${timeoutMs} ms`)),
      timeoutMs,
    )
    try {
      const response = await this.#post(document, variables, 'application/json', control.signal)
      return dataOf<Result>(await readReply(response))
    } catch (error) {
      throw explain(error, control)
    } finally {
      clearTimeout(timer)
      control.unlink()
    }
  }

  async *subscribe<Result, Variables>(
    document: TypedDocument<Result, Variables>,
    variables: Variables | undefined,
    options: { signal?: AbortSignal | undefined; onOpen?: (() => void) | undefined } = {},
  ): AsyncGenerator<Result, void> {
    const control = linkedController(options.signal)
    const silence = new SilenceTimer(this.#options.silenceTimeoutMs ?? SILENCE_TIMEOUT_MS, control)
    try {
      silence.start()
      const response = await this.#post(document, variables, 'text/event-stream', control.signal)
      if (!isEventStream(response)) throw await unexpectedReply(response)
      options.onOpen?.()
      const { signal } = control
      const touched = () => silence.start()
      for await (const { event, data } of readEvents(response.body, { signal, touched })) {
        if (event === 'complete') return
        if (event !== 'next') continue
        // Silence while the caller works is no sign of anything.
        silence.stop()
        yield dataOf<Result>(parseJson(data))
        silence.start()
      }
      throw new PgqClientError('UNAVAILABLE', 'The connection ended before the stream did')
    } catch (error) {
      throw explain(error, control)
    } finally {
      silence.stop()
      control.abort()
      control.unlink()
    }
  }

  async #post(
    document: TypedDocument<unknown, never>,
    variables: unknown,
    accept: string,
    signal: AbortSignal,
  ): Promise<Response> {
    const { url, headers, fetch = globalThis.fetch } = this.#options
    const given = typeof headers === 'function' ? await headers() : headers
    signal.throwIfAborted()
    return fetch(url, {
      method: 'POST',
      headers: { ...given, 'content-type': 'application/json', accept },
      body: JSON.stringify({ query: document.toString(), variables }),
      signal,
    })
  }
}

class SilenceTimer {
  readonly #timeoutMs: number
  readonly #control: LinkedController
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(timeoutMs: number, control: LinkedController) {
    this.#timeoutMs = timeoutMs
    this.#control = control
  }

  start(): void {
    this.stop()
    const message = `Nothing was heard of the server for ${this.#timeoutMs} ms`
    this.#timer = setTimeout(
      () => this.#control.abort(new PgqClientError('UNAVAILABLE', message)),
      this.#timeoutMs,
    )
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}

/** What fetch throws by itself is a connection that failed. */
function explain(error: unknown, { signal }: LinkedController): unknown {
  if (signal.aborted) return signal.reason
  if (error instanceof PgqClientError) return error
  return new PgqClientError('UNAVAILABLE', `The server cannot be reached: ${reasonOf(error)}`, {
    cause: error,
  })
}

/** fetch of Node says "fetch failed", and what failed in `cause`. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message
}

function isEventStream(response: Response): response is Response & { body: ReadableStream<Uint8Array> } {
  const type = response.headers.get('content-type') ?? ''
  return response.ok && type.startsWith('text/event-stream') && response.body !== null
}

async function readReply(response: Response): Promise<unknown> {
  const text = await response.text()
  const type = response.headers.get('content-type') ?? ''
  if (type.includes('json')) return parseJson(text)
  throw statusError(response, text)
}

async function unexpectedReply(response: Response): Promise<PgqClientError> {
  try {
    dataOf(await readReply(response))
  } catch (error) {
    if (error instanceof PgqClientError) return error
    throw error
  }
  return new PgqClientError('INTERNAL', 'The server answered a subscription with a single result')
}

/** Answers that are no GraphQL: of this server before GraphQL begins, or of something that stands between. */
function statusError({ status }: Response, text: string): PgqClientError {
  const message = `The server answered ${status}: ${text.slice(0, 200).trim()}`
  if (status === 401) return new PgqClientError('UNAUTHENTICATED', message)
  if (status === 403) return new PgqClientError('FORBIDDEN', message)
  if (status === 413) return new PgqClientError('LIMIT_EXCEEDED', message)
  if (status === 408 || status === 504) return new PgqClientError('TIMEOUT', message)
  if (status === 429 || status >= 500) return new PgqClientError('UNAVAILABLE', message)
  return new PgqClientError('INTERNAL', `${message} (is this the URL of a GraphQL endpoint?)`)
}
