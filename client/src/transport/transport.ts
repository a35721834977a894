import type { TypedDocument } from '../document.ts'
import type { Tracing } from '../tracing.ts'
import type { TokenSource } from './token.ts'

export interface Transport {
  /** True when the server notices by the connection alone that this side is gone, even if it was never closed. */
  readonly isWatched: boolean
  /** Is told of what goes over it. */
  readonly tracing?: Tracing | undefined
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
  /** The address of the GraphQL endpoint, such as http://localhost:4000/graphql. In a browser it may be relative. */
  url: string | URL
  /**
   * The token goes with each request, as `Authorization: Bearer`. A function is asked before the first request, again
   * before the `exp` of a JWT, and when the server refuses the token: then requests are repeated, and consumers and tails go
   * on. When it throws, or takes longer than `requestTimeoutMs`, the call rejects with `UNAUTHENTICATED`; consumers and tails
   * ask again after a while.
   */
  token?: TokenSource | undefined
  /**
   * Headers go with each request, besides the token. A function is asked before each. The call rejects with the error that
   * it throws; a consumer ends with it, unless it is a PgqClientError of code `UNAVAILABLE`.
   */
  headers?: Headers | (() => Headers | Promise<Headers>) | undefined
  /** Takes the place of the global `fetch`. */
  fetch?: typeof globalThis.fetch | undefined
  /**
   * A request without an answer for this long fails with TIMEOUT. Milliseconds, more than 0, default 35,000: the server's
   * own limit is 30,000. Infinity for none.
   */
  requestTimeoutMs?: number | undefined
  /**
   * A stream, or a WebSocket, on which nothing arrives for this long counts as lost. Milliseconds, more than 0, default
   * 40,000: the server pings a stream each 12 s; over a WebSocket the client does. Infinity for none.
   */
  silenceTimeoutMs?: number | undefined
  /** Is told of what the client does, such as `openTelemetry()` of `@pgq-graphql/client/opentelemetry`. Default: nobody is. */
  tracing?: Tracing | undefined
}

export interface ConnectionOptions extends HttpOptions {
  /** `webSocket()` takes the place of HTTP and SSE. */
  transport?: TransportFactory | undefined
}

/** Makes the transport of a client; called once. */
export type TransportFactory = (options: HttpOptions) => Transport

export const REQUEST_TIMEOUT_MS = 35_000
export const SILENCE_TIMEOUT_MS = 40_000
