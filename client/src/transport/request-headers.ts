import { raceSignal } from '../abort.ts'
import { PgqClientError } from '../errors.ts'
import type { HttpOptions } from './transport.ts'

/** Makes the headers of each request. */
export class RequestHeaders {
  readonly #given: HttpOptions['headers']
  readonly #authorization: string | undefined

  /** A user and a password in the address become a header; `headers` and a token go before. */
  constructor(given: HttpOptions['headers'], { username, password }: URL) {
    this.#given = given
    if (username === '' && password === '') return
    const bytes = new TextEncoder().encode(`${decoded(username)}:${decoded(password)}`)
    this.#authorization = `Basic ${btoa(String.fromCharCode(...bytes))}`
  }

  /** @throws PgqClientError `BAD_INPUT` for headers that cannot be sent; what the caller's function throws; the signal's reason. */
  async with(
    accept: string,
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<Record<string, string>> {
    signal.throwIfAborted()
    const given = typeof this.#given === 'function' ? await raceSignal(ask(this.#given), signal) : this.#given
    signal.throwIfAborted()
    const headers = { ...given, 'content-type': 'application/json', accept }
    const authorization = token ?? this.#authorization
    if (!hasAuthorization(headers))
      return authorization === undefined ? headers : { ...headers, authorization }
    if (token === undefined) return headers
    throw badHeaders('headers must have no authorization where there is a token')
  }
}

async function ask(headers: Extract<HttpOptions['headers'], () => unknown>): Promise<Record<string, string>> {
  return headers()
}

function hasAuthorization(headers: Record<string, string>): boolean {
  try {
    return new Headers(headers).has('authorization')
  } catch {
    // The cause is left out: its message may show a token.
    throw badHeaders('headers has a name or a value that HTTP does not allow')
  }
}

function badHeaders(message: string): PgqClientError {
  return new PgqClientError('BAD_INPUT', message, { field: 'headers' })
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
