import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Credentials } from '../../../src/access/credentials.ts'
import { type Caller, createCaller } from '../../../src/caller.ts'
import { PgqError } from '../../../src/errors.ts'

/** Issues tokens that end, and knows them when a server asks. */
export class TokenIssuer {
  /** The tokens that were issued, the oldest first. */
  readonly issued: string[] = []
  /** How often a server was asked for a token that has ended, or that was never issued. */
  refusedCount = 0
  readonly #known = new Map<string, Caller>()

  /** @param lifeMs How long the token is good. A JWT tells so; an opaque token does not. */
  issue(kind: 'JWT' | 'opaque', lifeMs = Number.POSITIVE_INFINITY): string {
    const expiresAtMs = Date.now() + lifeMs
    const claims = { exp: expiresAtMs / 1_000, jti: randomUUID() }
    const token = kind === 'JWT' ? `e30.${base64url(claims)}.c2ln` : claims.jti
    const credentials = new Credentials(expiresAtMs)
    this.#known.set(token, createCaller({ name: 'a', grants: ['admin'], credentials }))
    this.issued.push(token)
    return token
  }

  /** Revokes all tokens that were issued so far. */
  revokeAll(): void {
    for (const { credentials } of this.#known.values()) credentials.revoke()
  }

  readonly authenticate = (
    { headers }: IncomingMessage,
    params?: Readonly<Record<string, unknown>>,
  ): Caller => {
    const authorization = String(params?.authorization ?? headers.authorization ?? '')
    const caller = this.#known.get(authorization.replace(/^Bearer /, ''))
    if (caller && !caller.credentials.hasEnded) return caller
    this.refusedCount++
    throw new PgqError('UNAUTHENTICATED', 'Send a token that is good')
  }
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
