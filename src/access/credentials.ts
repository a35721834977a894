import { PeriodicCalls } from '../async/periodic-calls.ts'
import { PgqError } from '../errors.ts'

/** Time between looks whether credentials have ended that somebody waits for (milliseconds). */
const LOOK_MS = 500

/** Tells for how long credentials are good. */
export class Credentials {
  /** When they expire (milliseconds since 1970); infinite where they do not. */
  readonly expiresAtMs: number
  readonly #basis: Credentials | undefined
  readonly #listeners = new Set<() => void>()
  #isRevoked = false

  /** @param basis Others that these end with, such as those of all who were let in by one key. */
  constructor(expiresAtMs = Number.POSITIVE_INFINITY, basis?: Credentials) {
    this.expiresAtMs = expiresAtMs
    this.#basis = basis
  }

  /** Ends them: the key is gone, or what it grants has changed. */
  revoke(): void {
    this.#isRevoked = true
    this.#tell()
  }

  get hasEnded(): boolean {
    return this.#isRevoked || Date.now() >= this.expiresAtMs || (this.#basis?.hasEnded ?? false)
  }

  /**
   * Calls once when they have ended, at the latest half a second later; also when they had ended before.
   *
   * @returns A function that takes the wish back.
   */
  onEnd(listener: () => void): () => void {
    this.#listeners.add(listener)
    if (this.#isRevoked || this.#basis || Number.isFinite(this.expiresAtMs)) looks.add(this)
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) looks.delete(this)
    }
  }

  /** Looks whether they have ended. */
  look(): void {
    if (this.hasEnded) this.#tell()
  }

  #tell(): void {
    looks.delete(this)
    for (const listener of this.#listeners) {
      this.#listeners.delete(listener)
      listener()
    }
  }
}

const looks = new PeriodicCalls<Credentials>(LOOK_MS, (credentials) => credentials.look())

/** Credentials of those who need none. */
class Endless extends Credentials {
  override get hasEnded(): boolean {
    return false
  }

  override revoke(): void {
    throw new TypeError('Credentials that nobody gave cannot be revoked')
  }

  override onEnd(): () => void {
    return nothing
  }
}

function nothing(): void {}

export const endless: Credentials = new Endless()

/** Makes the error for whoever has no good credentials any more. */
export function credentialsEnded(): PgqError {
  return new PgqError(
    'UNAUTHENTICATED',
    'These credentials have expired, or were revoked or changed; send new ones',
  )
}
