import { hash as hashOnce } from 'node:crypto'
import { decodeJwt, type JWTPayload } from 'jose'
import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import { Credentials } from '../access/credentials.ts'
import { type Caller, createCaller } from '../caller.ts'
import type { JwtConfig } from '../config/auth-shape.ts'
import { BadCredentials, shown } from './bad-credentials.ts'
import { callerName } from './caller-name.ts'
import { JwtIssuer } from './jwt-issuer.ts'
import type { QuietLog } from './quiet-log.ts'
import { grantsOf } from './token-grants.ts'

/** Time after which a token that is known is checked again: its key may have been withdrawn (milliseconds). */
const CHECK_AGAIN_MS = 300_000
/** Tokens that are known at once: those that were used last. */
const MAX_TOKENS = 10_000

interface KnownToken {
  readonly caller: Caller
  readonly issuer: JwtIssuer
  checkAgainMs: number
}

/** Finds the callers of tokens (JWT). A token is one and the same caller for as long as it is known. */
export class Tokens {
  readonly #issuers: ReadonlyMap<string, JwtIssuer>
  readonly #quietLog: QuietLog
  /** By the hashes of the tokens, so that none lies in memory. */
  readonly #known = new LRUCache<string, KnownToken>({ max: MAX_TOKENS })
  readonly #checks = new Map<string, Promise<Caller>>()

  /** @throws ConfigError for a key that cannot be used. */
  constructor(configs: readonly JwtConfig[], logger: Logger, quietLog: QuietLog) {
    const issuers = new Map<string, JwtIssuer>()
    this.#issuers = issuers
    this.#quietLog = quietLog
    try {
      for (const config of configs) {
        const forget = () => this.#forget(config)
        issuers.set(config.issuer, new JwtIssuer(config, logger, forget))
      }
    } catch (error) {
      this.close()
      throw error
    }
  }

  close(): void {
    for (const issuer of this.#issuers.values()) issuer.close()
  }

  /** @throws BadCredentials for a bad token; PgqError `UNAVAILABLE` where that cannot be said now. */
  callerOf(token: string): Caller | Promise<Caller> {
    const hash = hashOnce('sha256', token, 'base64')
    const known = this.#known.get(hash)
    if (known && performance.now() < known.checkAgainMs) return stillGood(known.caller)
    // Whoever brings the same token meanwhile waits for the same check.
    let check = this.#checks.get(hash)
    if (!check) {
      check = this.#check(token, hash, known).finally(() => this.#checks.delete(hash))
      this.#checks.set(hash, check)
    }
    return check
  }

  async #check(token: string, hash: string, known: KnownToken | undefined): Promise<Caller> {
    const issuer = known?.issuer ?? this.#issuerOf(token)
    const checkAgainMs = performance.now() + CHECK_AGAIN_MS
    try {
      const payload = await issuer.verify(token)
      const caller = known ? stillGood(known.caller) : this.#createCaller(payload, issuer.config)
      this.#known.set(hash, { caller, issuer, checkAgainMs })
      return caller
    } catch (error) {
      if (known && error instanceof BadCredentials) {
        known.caller.credentials.revoke()
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

  #createCaller(payload: JWTPayload & { exp: number }, config: JwtConfig): Caller {
    const { issuer, grantsClaim, clockToleranceSeconds } = config
    const kind = this.#issuers.size > 1 ? `jwt:${issuer} ` : 'jwt:'
    const name = callerName(kind, typeof payload.sub === 'string' ? payload.sub : '')
    const grants = grantsOf(payload, grantsClaim, (reason) =>
      this.#quietLog.tell('warn', 'A token has a grant that cannot be read and grants nothing', {
        caller: name,
        reason,
      }),
    )
    const credentials = new Credentials((payload.exp + clockToleranceSeconds) * 1_000)
    return createCaller({ name, grants, claims: payload, credentials })
  }

  /** Ends what was granted by a key that is used no more. */
  #forget(config: JwtConfig): void {
    for (const [hash, { issuer, caller }] of this.#known.entries()) {
      if (issuer.config !== config) continue
      caller.credentials.revoke()
      this.#known.delete(hash)
    }
  }
}

function stillGood(caller: Caller): Caller {
  if (caller.credentials.hasEnded) throw new BadCredentials('the token has expired', { caller: caller.name })
  return caller
}

function unverifiedIssuer(token: string): unknown {
  try {
    return decodeJwt(token).iss
  } catch {
    throw new BadCredentials('the token is not a signed JWT that can be read')
  }
}
