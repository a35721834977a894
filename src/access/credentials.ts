import { PgqError } from '../errors.ts'

/** Tells for how long credentials are good. Streams ask at each delivery and once in a while. */
export class Credentials {
  /** When they expire (milliseconds since 1970); infinite where they do not. */
  readonly expiresAtMs: number
  #isRevoked = false

  constructor(expiresAtMs = Number.POSITIVE_INFINITY) {
    this.expiresAtMs = expiresAtMs
  }

  /** Ends them: the key is gone, or what it grants has changed. */
  revoke(): void {
    this.#isRevoked = true
  }

  /** Whether they can never end, so that nobody needs to ask. */
  get isEndless(): boolean {
    return this === endless
  }

  get hasEnded(): boolean {
    return this.#isRevoked || Date.now() >= this.expiresAtMs
  }

  /** Refuses whoever has no good credentials any more. @throws PgqError `UNAUTHENTICATED` */
  check(): void {
    if (this.hasEnded) throw credentialsEnded()
  }
}

/** Credentials of those who need none. */
export const endless = new Credentials()

export function credentialsEnded(): PgqError {
  return new PgqError(
    'UNAUTHENTICATED',
    'These credentials have expired, or were revoked or changed; send new ones',
  )
}
