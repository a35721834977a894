import { type LinkedController, linkedController } from '../abort.ts'
import type { TypedDocument } from '../document.ts'
import { PgqClientError } from '../errors.ts'
import { isEventStream, readReply, unexpectedReply } from './http-reply.ts'
import { dataOf, parseJson } from './reply.ts'
import { SilenceTimer } from './silence-timer.ts'
import { readEvents } from './sse.ts'
import { type HttpOptions, REQUEST_TIMEOUT_MS, SILENCE_TIMEOUT_MS, type Transport } from './transport.ts'

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
