import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import type { Logger } from 'pino'
import { Credentials, endless } from '../access/credentials.ts'
import { type Algorithm, type JwtConfig, publicAlgorithms } from '../config/auth-shape.ts'
import { watchFile } from '../config/watch-file.ts'
import { reasonOf } from '../reason.ts'
import { BadCredentials } from './bad-credentials.ts'
import { type FileKey, readPublicKey, readSecret } from './key-in-file.ts'
import { RemoteKeys } from './remote-keys.ts'

interface Keys {
  /** What the credentials of whoever these keys let in are based on; it ends when they become others. */
  readonly trust: Credentials
  readonly algorithms: readonly Algorithm[]
  find: JWTVerifyGetKey
  close(): void
}

/** Checks the tokens of one issuer. */
export class JwtIssuer {
  readonly config: JwtConfig
  readonly #keys: Keys

  /** @throws ConfigError for a key that cannot be used. */
  constructor(config: JwtConfig, logger: Logger) {
    this.config = config
    this.#keys =
      config.jwksUrl === null
        ? keysInFile(config, logger)
        : remoteKeys(config.jwksUrl, config.algorithms, logger)
  }

  /** What credentials are based on that are given from now on; to be asked for before a token is verified. */
  get trust(): Credentials {
    return this.#keys.trust
  }

  /** @throws BadCredentials for a bad token; PgqError `UNAVAILABLE` where that cannot be said now. */
  async verify(token: string): Promise<JWTPayload & { exp: number }> {
    const { issuer, audience, clockToleranceSeconds } = this.config
    try {
      const { payload } = await jwtVerify(token, this.#keys.find, {
        issuer,
        audience,
        algorithms: [...this.#keys.algorithms],
        clockTolerance: clockToleranceSeconds,
        requiredClaims: ['exp'],
      })
      return payload as JWTPayload & { exp: number }
    } catch (error) {
      throw error instanceof errors.JOSEError ? new BadCredentials(reasonFor(error), { issuer }) : error
    }
  }

  close(): void {
    this.#keys.close()
  }
}

function remoteKeys(url: string, wanted: readonly Algorithm[] | null, logger: Logger): Keys {
  if (url.startsWith('http:'))
    logger.warn(`${url} is not https: whoever is on the way there can make tokens that are good here`)
  const { find } = new RemoteKeys(url, logger)
  return { trust: endless, algorithms: wanted ?? publicAlgorithms, find, close: () => {} }
}

/** Keeps the key of a file, which is read again when it changes; a file without a good key leaves the one before. */
function keysInFile(config: JwtConfig, logger: Logger): Keys {
  const { publicKeyFile, secretFile, algorithms } = config
  const path = publicKeyFile ?? secretFile ?? ''
  let trust = new Credentials()
  const file = watchFile<FileKey>(
    { setting: publicKeyFile === null ? 'auth.jwt secretFile' : 'auth.jwt publicKeyFile', path },
    {
      parse: (content) =>
        publicKeyFile === null
          ? readSecret(path, content, algorithms ?? undefined)
          : readPublicKey(path, content, algorithms),
      onChange() {
        trust.revoke()
        trust = new Credentials()
        logger.info(`${path}: tokens of ${config.issuer} are checked by another key from now on`)
      },
      onFailure: (error) => logger.error(`${path}: the key before stays in use: ${reasonOf(error)}`),
    },
  )
  return {
    get trust() {
      return trust
    },
    get algorithms() {
      return file.value.algorithms
    },
    find: async () => file.value.key,
    close: () => file.close(),
  }
}

const reasons: Readonly<Record<string, string>> = {
  [errors.JWTExpired.code]: 'the token has expired',
  [errors.JOSEAlgNotAllowed.code]: 'the alg of the token is not one of the algorithms of its issuer',
  [errors.JWSSignatureVerificationFailed.code]: 'the signature of the token is wrong',
  [errors.JWKSNoMatchingKey.code]: 'the issuer has no key that fits kid and alg of the token',
  [errors.JWKSMultipleMatchingKeys.code]: 'the token has no kid, and several keys of its issuer fit',
}

/** Says what is wrong without words of the token. */
function reasonFor(error: errors.JOSEError): string {
  if (error instanceof errors.JWTClaimValidationFailed)
    return `the claim ${error.claim} of the token is ${error.reason === 'missing' ? 'missing' : 'wrong'}`
  return reasons[error.code] ?? 'the token is not a signed JWT that can be read'
}
