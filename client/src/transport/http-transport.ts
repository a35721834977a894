import { type LinkedController, linkedController } from '../abort.ts'
import { checkTimeoutMs } from '../check-number.ts'
import type { TypedDocument } from '../document.ts'
import { PgqClientError } from '../errors.ts'
import { startTimer } from '../timer.ts'
import type { Tracing } from '../tracing.ts'
import { parseUrl } from './address.ts'
import { isEventStream, readReply, unexpectedReply } from './http-reply.ts'
import { jsonText } from './json-text.ts'
import { dataOf, parseJson } from './reply.ts'
import { RequestHeaders } from './request-headers.ts'
import { SilenceTimer } from './silence-timer.ts'
import { readEvents } from './sse.ts'
import { Token } from './token.ts'
import { type HttpOptions, REQUEST_TIMEOUT_MS, SILENCE_TIMEOUT_MS, type Transport } from './transport.ts'

/**
 * Runs operations of GraphQL over HTTP, and over SSE in distinct connections mode. The address, the headers and the body
 * are made before `fetch` is called, so that their faults are not taken for a server that cannot be reached.
 */
export class HttpTransport implements Transport {
  readonly isWatched = false
  readonly tracing: Tracing | undefined
  readonly #url: string
  readonly #headers: RequestHeaders
  readonly #token: Token
  readonly #fetch: typeof globalThis.fetch | undefined
  readonly #requestTimeoutMs: number
  readonly #silenceTimeoutMs: number

  /** @throws PgqClientError `BAD_INPUT` */
  constructor(options: HttpOptions) {
    this.tracing = options.tracing
    const url = parseUrl(options.url, ['http', 'https'])
    this.#headers = new RequestHeaders(options.headers, url)
    // `fetch` takes no address with a password, and shows it in the message of its error.
    url.username = ''
    url.password = ''
    this.#url = url.href
    this.#fetch = options.fetch
    this.#requestTimeoutMs = checkTimeoutMs(
      'requestTimeoutMs',
      options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    )
    this.#silenceTimeoutMs = checkTimeoutMs(
      'silenceTimeoutMs',
      options.silenceTimeoutMs ?? SILENCE_TIMEOUT_MS,
    )
    this.#token = new Token(options.token, this.#requestTimeoutMs)
  }

  async request<Result, Variables>(
    document: TypedDocument<Result, Variables>,
    variables: Variables | undefined,
    signal?: AbortSignal,
  ): Promise<Result> {
    const body = requestBody(document, variables)
    const trace = this.tracing?.headers()
    return this.#token.request(signal, (authorization) =>
      this.#request(body, { trace, authorization, signal }),
    )
  }

  async #request<Result>(body: string, { trace, authorization, signal }: Sending): Promise<Result> {
    const control = linkedController(signal)
    const message = `No answer within ${this.#requestTimeoutMs} ms`
    const timer = startTimer(
      () => control.abort(new PgqClientError('TIMEOUT', message)),
      this.#requestTimeoutMs,
    )
    try {
      const headers = await this.#headers.with('application/json', authorization, control.signal)
      try {
        return dataOf<Result>(
          await readReply(await this.#post({ ...trace, ...headers }, body, control.signal)),
        )
      } catch (error) {
        throw explain(error, control)
      }
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
    const body = requestBody(document, variables)
    const trace = this.tracing?.headers()
    const { signal } = options
    yield* this.#token.stream(options, (authorization, onOpen) =>
      this.#subscribe<Result>(body, { trace, authorization, signal }, onOpen),
    )
  }

  async *#subscribe<Result>(
    body: string,
    { trace, authorization, signal }: Sending,
    onOpen: () => void,
  ): AsyncGenerator<Result, void> {
    const control = linkedController(signal)
    const silence = new SilenceTimer(this.#silenceTimeoutMs, control)
    try {
      silence.start()
      const headers = await this.#headers.with('text/event-stream', authorization, control.signal)
      yield* this.#stream<Result>({ ...trace, ...headers }, body, { control, silence, onOpen })
    } finally {
      silence.stop()
      control.abort()
      control.unlink()
    }
  }

  async *#stream<Result>(
    headers: Record<string, string>,
    body: string,
    options: { control: LinkedController; silence: SilenceTimer; onOpen: () => void },
  ): AsyncGenerator<Result, void> {
    const { control, silence, onOpen } = options
    const { signal } = control
    try {
      const response = await this.#post(headers, body, signal)
      if (!isEventStream(response)) throw await unexpectedReply(response)
      onOpen()
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
    }
  }

  #post(headers: Record<string, string>, body: string, signal: AbortSignal): Promise<Response> {
    const fetch = this.#fetch ?? globalThis.fetch
    return fetch(this.#url, { method: 'POST', headers, body, signal })
  }
}

/** What goes with a request beside its body. */
interface Sending {
  trace: Record<string, string> | undefined
  authorization: string | undefined
  signal: AbortSignal | undefined
}

function requestBody(document: TypedDocument<unknown, never>, variables: unknown): string {
  const query = JSON.stringify(document.toString())
  return variables === undefined
    ? `{"query":${query}}`
    : `{"query":${query},"variables":${jsonText(variables, 'variables')}}`
}

/** Makes an error of the client of one that `fetch` throws: the connection has failed. */
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
