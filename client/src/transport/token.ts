import { raceSignal } from '../abort.ts'
import { hasCode, PgqClientError, RefusedToken } from '../errors.ts'
import { isPromise } from '../promise.ts'
import { startTimer } from '../timer.ts'
import { tokenExpiryMs } from './token-expiry.ts'

export type TokenSource = string | (() => string | Promise<string>)

/** A token is renewed when this part of its life is left, but not earlier than `MAX_MARGIN_MS` before its end. */
const MARGIN = 0.2
const MAX_MARGIN_MS = 30_000

/** A renewal that failed while the token is still good is tried again after this. */
const RENEWAL_RETRY_MS = 1_000

interface KnownToken {
  /** The value of the header. */
  readonly authorization: string
  readonly expiresAtMs: number
  dueAtMs: number
}

export interface StreamOptions {
  signal?: AbortSignal | undefined
  onOpen?: (() => void) | undefined
}

/**
 * Keeps the token with which requests are sent. It asks the caller's function for the first one, and for another before
 * that expires or once the server has refused it; whoever needs one meanwhile waits for the same answer.
 */
export class Token {
  readonly #source: TokenSource | undefined
  readonly #timeoutMs: number
  #known: KnownToken | undefined
  #renewal: Promise<KnownToken> | undefined

  /**
   * @param timeoutMs The longest wait for the caller's function.
   * @throws PgqClientError `BAD_INPUT` for a text that no header can have.
   */
  constructor(source: TokenSource | undefined, timeoutMs: number) {
    this.#source = source
    this.#timeoutMs = timeoutMs
    if (source === undefined || typeof source === 'function') return
    if (!isToken(source)) {
      throw new PgqClientError('BAD_INPUT', `token must be ${tokenText}`, { field: 'token' })
    }
    this.#known = knownToken(source, Number.POSITIVE_INFINITY)
  }

  /**
   * Sends a request, and sends it again with another token when the server refuses the first one: nothing of it has
   * happened then.
   *
   * @throws RefusedToken when there is no token, or the second one is refused, too.
   */
  async request<Result>(
    signal: AbortSignal | undefined,
    send: (authorization: string | undefined) => Promise<Result>,
  ): Promise<Result> {
    for (let isRepeated = false; ; isRepeated = true) {
      const got = this.#get(signal)
      const authorization = isPromise(got) ? await got : got
      try {
        return await send(authorization)
      } catch (error) {
        if (!this.#isRenewable(error, authorization)) throw error
        if (isRepeated) throw new RefusedToken(error.message, { cause: error })
      }
    }
  }

  /**
   * Opens a stream, with another token when the server refuses the first one. One that was open is not opened again: only
   * its reader knows from where on.
   *
   * @throws RefusedToken also when the token of an open stream has ended.
   */
  async *stream<Value>(
    { signal, onOpen }: StreamOptions,
    open: (authorization: string | undefined, onOpen: () => void) => AsyncGenerator<Value, void>,
  ): AsyncGenerator<Value, void> {
    for (let isRepeated = false; ; isRepeated = true) {
      const got = this.#get(signal)
      const authorization = isPromise(got) ? await got : got
      let openedAt: number | undefined
      try {
        yield* open(authorization, () => {
          openedAt = performance.now()
          onOpen?.()
        })
        return
      } catch (error) {
        if (!this.#isRenewable(error, authorization)) throw error
        const acceptedMs = openedAt === undefined ? 0 : performance.now() - openedAt
        if (isRepeated || openedAt !== undefined) {
          throw new RefusedToken(error.message, { cause: error, acceptedMs })
        }
      }
    }
  }

  /** Gives what is known at once, so that a WebSocket is opened by the call that needs it. */
  #get(signal: AbortSignal | undefined): string | undefined | Promise<string> {
    if (this.#source === undefined) return undefined
    const known = this.#known
    if (!known || Date.now() >= known.expiresAtMs) {
      return raceSignal(this.#renew(), signal).then(({ authorization }) => authorization)
    }
    if (Date.now() >= known.dueAtMs) this.#renewEarly(known)
    return known.authorization
  }

  /** Renews while the token is still good. A failure is told once it is not. */
  #renewEarly(known: KnownToken): void {
    known.dueAtMs = Number.POSITIVE_INFINITY
    this.#renew().catch(() => {
      known.dueAtMs = Date.now() + RENEWAL_RETRY_MS
    })
  }

  #renew(): Promise<KnownToken> {
    this.#renewal ??= this.#ask().finally(() => {
      this.#renewal = undefined
    })
    return this.#renewal
  }

  async #ask(): Promise<KnownToken> {
    const timeout = new AbortController()
    const late = new Error(`it gave none within ${this.#timeoutMs} ms`)
    const timer = startTimer(() => timeout.abort(late), this.#timeoutMs)
    try {
      const text = await raceSignal(call(this.#source), timeout.signal)
      if (!isToken(text)) throw new TypeError(`it must give ${tokenText}`)
      this.#known = knownToken(text, tokenExpiryMs(text))
      return this.#known
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new RefusedToken(`The function for token failed: ${reason}`, { cause })
    } finally {
      clearTimeout(timer)
    }
  }

  /** Forgets a token that the server has refused. @returns False where there is no other. */
  #isRenewable(error: unknown, authorization: string | undefined): error is PgqClientError {
    if (typeof this.#source !== 'function' || !hasCode(error, 'UNAUTHENTICATED')) return false
    // A slower request may have been refused after the renewal.
    if (this.#known?.authorization === authorization) this.#known = undefined
    return true
  }
}

function knownToken(text: string, expiresAtMs: number): KnownToken {
  const leftMs = expiresAtMs - Date.now()
  const authorization = `Bearer ${text}`
  // Whose token has expired when it comes has a clock that is ahead; the server tells when it has.
  if (leftMs <= 0) return knownToken(text, Number.POSITIVE_INFINITY)
  return { authorization, expiresAtMs, dueAtMs: expiresAtMs - Math.min(leftMs * MARGIN, MAX_MARGIN_MS) }
}

async function call(source: TokenSource | undefined): Promise<unknown> {
  return typeof source === 'function' ? source() : source
}

const tokenText = 'a text of visible ASCII characters, without the word Bearer'

function isToken(text: unknown): text is string {
  return typeof text === 'string' && /^[\x21-\x7e]+$/.test(text)
}
