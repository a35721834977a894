import { decodeJwt, type JWTPayload } from 'jose'
import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import { Credentials } from '../access/credentials.ts'
import { type Caller, createCaller } from '../caller.ts'
import type { JwtConfig } from '../config/auth-shape.ts'
import { BadCredentials, shown } from './bad-credentials.ts'
import type { Bearer } from './bearer.ts'
import { callerName } from './caller-name.ts'
import { JwtIssuer } from './jwt-issuer.ts'
import type { QuietLog } from './quiet-log.ts'
import { grantsOf } from './token-grants.ts'

/** Time after which a token that is known is checked again: its key may have been withdrawn (milliseconds). */
const CHECK_AGAIN_MS = 300_000
/** Tokens that are known at once: those that were used last. */
const MAX_TOKENS = 10_000
/** Grants that they have together; each takes some hundred bytes. */
const MAX_GRANTS = 100_000

interface KnownToken {
  readonly caller: Caller
  readonly issuer: JwtIssuer
  readonly trust: Credentials
  checkAgainMs: number
}

/** Finds the callers of tokens (JWT). A token is one and the same caller for as long as it is known. */
export class Tokens {
  readonly #issuers: ReadonlyMap<string, JwtIssuer>
  readonly #quietLog: QuietLog
  /** By the hashes of the tokens, so that none lies in memory for longer than its connection. */
  readonly #known = new LRUCache<string, KnownToken>({
    max: MAX_TOKENS,
    maxSize: MAX_GRANTS,
    sizeCalculation: ({ caller }) => 1 + caller.access.grants.length,
  })
  readonly #checks = new Map<string, Promise<Caller>>()

  /** @throws ConfigError for a key that cannot be used. */
  constructor(configs: readonly JwtConfig[], logger: Logger, quietLog: QuietLog) {
    const issuers = new Map<string, JwtIssuer>()
    this.#issuers = issuers
    this.#quietLog = quietLog
    try {
      for (const config of configs) issuers.set(config.issuer, new JwtIssuer(config, logger))
    } catch (error) {
      this.close()
      throw error
    }
  }

  close(): void {
    for (const issuer of this.#issuers.values()) issuer.close()
  }

  /** @throws BadCredentials for a bad token; PgqError `UNAVAILABLE` where that cannot be said now. */
  callerOf({ token, hash }: Bearer): Caller | Promise<Caller> {
    const found = this.#known.get(hash)
    const known = found?.trust.hasEnded ? undefined : found
    if (known && performance.now() < known.checkAgainMs) return stillGood(known.caller)
    // All who bring the same token meanwhile wait for the same check.
    let check = this.#checks.get(hash)
    if (!check) {
      check = this.#check(token, hash, known).finally(() => this.#checks.delete(hash))
      this.#checks.set(hash, check)
    }
    return check
  }

  async #check(token: string, hash: string, known: KnownToken | undefined): Promise<Caller> {
    const issuer = known?.issuer ?? this.#issuerOf(token)
    const { trust } = issuer
    const checkAgainMs = performance.now() + CHECK_AGAIN_MS
    try {
      const payload = await issuer.verify(token)
      const caller = stillGood(known?.caller ?? this.#createCaller(payload, issuer.config, trust))
      this.#known.set(hash, { caller, issuer, trust, checkAgainMs })
      return caller
    } catch (error) {
      if (error instanceof BadCredentials) {
        known?.caller.credentials.revoke()
        this.#known.delete(hash)
      }
      throw error
    }
  }

  #issuerOf(token: string): JwtIssuer {
    const claimed = unverifiedIssuer(token)
    const issuer = typeof claimed === 'string' ? this.#issuers.get(claimed) : undefined
    if (!issuer) throw new BadCredentials('the token is of no issuer in auth.jwt', { iss: shown(claimed) })
    return issuer
  }

  #createCaller(payload: JWTPayload & { exp: number }, config: JwtConfig, trust: Credentials): Caller {
    const { issuer, grantsClaim, clockToleranceSeconds } = config
    const kind = this.#issuers.size > 1 ? `jwt:${issuer} ` : 'jwt:'
    const name = callerName(kind, typeof payload.sub === 'string' ? payload.sub : '')
    const grants = grantsOf(payload, grantsClaim, (reason) =>
      this.#quietLog.tell('warn', 'A token has a grant that cannot be read and grants nothing', {
        caller: name,
        reason,
      }),
    )
    const credentials = new Credentials((payload.exp + clockToleranceSeconds) * 1_000, trust)
    return createCaller({ name, grants, claims: payload, credentials })
  }
}

function stillGood(caller: Caller): Caller {
  if (caller.credentials.hasEnded)
    throw new BadCredentials('the token has expired, or its key is used no more', { caller: caller.name })
  return caller
}

function unverifiedIssuer(token: string): unknown {
  try {
    return decodeJwt(token).iss
  } catch {
    throw new BadCredentials('the token is not a signed JWT that can be read')
  }
}
