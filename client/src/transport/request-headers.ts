import { PgqClientError } from '../errors.ts'
import type { HttpOptions } from './transport.ts'

/** Makes the headers of each request. */
export class RequestHeaders {
  readonly #given: HttpOptions['headers']
  readonly #authorization: string | undefined

  /** A user and a password in the address become a header; `headers` go before. */
  constructor(given: HttpOptions['headers'], { username, password }: URL) {
    this.#given = given
    if (username === '' && password === '') return
    const bytes = new TextEncoder().encode(`${decoded(username)}:${decoded(password)}`)
    this.#authorization = `Basic ${btoa(String.fromCharCode(...bytes))}`
  }

  /** @throws PgqClientError `BAD_INPUT` for headers that cannot be sent; what the caller's function throws; the signal's reason. */
  async with(accept: string, signal: AbortSignal): Promise<Record<string, string>> {
    signal.throwIfAborted()
    const given = typeof this.#given === 'function' ? await this.#ask(this.#given, signal) : this.#given
    signal.throwIfAborted()
    const headers = { ...given, 'content-type': 'application/json', accept }
    try {
      const known = new Headers(headers)
      if (this.#authorization === undefined || known.has('authorization')) return headers
    } catch {
      // The cause is left out: its message may show a token.
      const message = 'headers has a name or a value that HTTP does not allow'
      throw new PgqClientError('BAD_INPUT', message, { field: 'headers' })
    }
    return { ...headers, authorization: this.#authorization }
  }

  /** Asks the caller's function, and waits for it no longer than the request may take. */
  async #ask(
    ask: Extract<HttpOptions['headers'], () => unknown>,
    signal: AbortSignal,
  ): Promise<Record<string, string>> {
    let abort = () => {}
    const aborted = new Promise<never>((_, reject) => {
      abort = () => reject(signal.reason)
    })
    signal.addEventListener('abort', abort)
    try {
      return await Promise.race([ask(), aborted])
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
