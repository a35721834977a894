import { createLocalJWKSet, createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose'
import type { Logger } from 'pino'
import { PgqError } from '../errors.ts'
import { reasonOf } from '../reason.ts'

/** An unknown `kid` makes the keys be fetched again, but not sooner than this after the last time (milliseconds). */
const COOLDOWN_MS = 60_000
/** Keys are fetched again after this, so that a withdrawn one is good no longer (milliseconds). */
const MAX_AGE_MS = 600_000
/** Time after a failed fetch until the next (milliseconds). */
const RETRY_MS = 5_000
/** Keys that cannot be fetched again are good for this much longer (milliseconds). */
const MAX_STALE_MS = 3_600_000

/** Finds keys among those that an issuer publishes, which are fetched when they are needed. */
export class RemoteKeys {
  readonly #url: string
  readonly #logger: Logger
  readonly #remote: ReturnType<typeof createRemoteJWKSet>
  #failure: { sinceMs: number; lastMs: number } | undefined

  constructor(url: string, logger: Logger) {
    this.#url = url
    this.#logger = logger
    this.#remote = createRemoteJWKSet(new URL(url), {
      cooldownDuration: COOLDOWN_MS,
      cacheMaxAge: MAX_AGE_MS,
    })
  }

  /** @throws PgqError `UNAVAILABLE` where the key may be one that cannot be fetched now. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (!this.#isFailing()) {
      try {
        const key = await this.#remote(header, token)
        this.#worked()
        return key
      } catch (error) {
        if (isAnswer(error)) {
          this.#worked()
          throw error
        }
        this.#failed(error)
      }
    }
    return this.#findKnown(header, token)
  }

  /** Finds a key among those that were fetched before. */
  readonly #findKnown: JWTVerifyGetKey = async (header, token) => {
    const known = this.#remote.jwks()
    if (!known || performance.now() - (this.#failure?.sinceMs ?? 0) > MAX_STALE_MS) throw cannotBeChecked()
    try {
      return await createLocalJWKSet(known)(header, token)
    } catch (error) {
      throw isAnswer(error) ? cannotBeChecked() : error
    }
  }

  #isFailing(): boolean {
    return this.#failure !== undefined && performance.now() - this.#failure.lastMs < RETRY_MS
  }

  #failed(error: unknown): void {
    const nowMs = performance.now()
    if (!this.#failure) {
      const reason = error instanceof Error && error.cause ? reasonOf(error.cause) : reasonOf(error)
      this.#logger.error(
        `The keys at ${this.#url} cannot be fetched: ${reason}; trying again while tokens come`,
      )
    }
    this.#failure = { sinceMs: this.#failure?.sinceMs ?? nowMs, lastMs: nowMs }
  }

  /** A key may have been found without a fetch. After one that failed, only one that succeeds begins a cooldown. */
  #worked(): void {
    if (!this.#failure || !this.#remote.coolingDown) return
    this.#failure = undefined
    this.#logger.info(`The keys at ${this.#url} can be fetched again`)
  }
}

/** Says whether the keys were there, and the token is at fault. */
function isAnswer(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  )
}

function cannotBeChecked(): PgqError {
  return new PgqError('UNAVAILABLE', 'Tokens cannot be checked at the moment; send the request again later')
}
