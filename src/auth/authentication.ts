import type { IncomingMessage } from 'node:http'
import { type Logger, pino } from 'pino'
import type { z } from 'zod'
import { type Caller, createCaller } from '../caller.ts'
import { authShape } from '../config/auth-shape.ts'
import { checkOptions } from '../config/check-options.ts'
import { defaults } from '../config/defaults.ts'
import { PgqError } from '../errors.ts'
import { clientOf } from '../transports/clients.ts'
import type { Authenticate } from '../transports/transport.ts'
import { ApiKeys } from './api-keys.ts'
import { BadCredentials } from './bad-credentials.ts'
import { type Bearer, bearerOf } from './bearer.ts'
import { QuietLog } from './quiet-log.ts'
import { KEY_PREFIX } from './secret.ts'
import { Tokens } from './tokens.ts'

/** Who may use the API, as in the section `auth` of a configuration; paths are relative to the working directory. */
export type AuthenticationOptions = Partial<z.input<typeof authShape>>

export interface Authentication {
  /** For `createGateway`. */
  readonly authenticate: Authenticate
  /** Stops to watch files. */
  close(): void
}

/**
 * Makes what tells callers apart by API keys and tokens (JWT). With no options, everybody is refused.
 *
 * @throws ConfigError for bad options, and for files that cannot be used.
 */
export function createAuthentication(
  options: AuthenticationOptions,
  logger: Logger = pino({ level: 'silent' }),
): Authentication {
  const { jwt, keysFile, anonymous } = checked(options)
  const quietLog = new QuietLog(logger)
  const anonymousCaller =
    anonymous.length === 0 ? null : createCaller({ name: 'anonymous', grants: anonymous, isAnonymous: true })
  const keys = keysFile === null ? null : new ApiKeys(keysFile, logger)
  const tokens = createTokens()

  function createTokens(): Tokens {
    try {
      return new Tokens(jwt, logger, quietLog)
    } catch (error) {
      keys?.close()
      throw error
    }
  }

  const identify = (bearer: Bearer | null): Caller | Promise<Caller> => {
    if (bearer)
      return keys && bearer.token.startsWith(KEY_PREFIX) ? keys.callerOf(bearer) : tokens.callerOf(bearer)
    if (!anonymousCaller) throw new BadCredentials('there are no credentials')
    return anonymousCaller
  }

  const refusal = (error: unknown, request: IncomingMessage): unknown => {
    if (!(error instanceof BadCredentials)) return error
    const details = { ...error.details, client: clientOf(request) }
    quietLog.tell('info', `Credentials are refused: ${error.message}`, details)
    return new PgqError('UNAUTHENTICATED', refused)
  }

  return {
    authenticate(request, connectionParams) {
      try {
        const caller = identify(bearerOf(request, connectionParams))
        if (!(caller instanceof Promise)) return caller
        return caller.catch((error: unknown) => {
          throw refusal(error, request)
        })
      } catch (error) {
        throw refusal(error, request)
      }
    },
    close() {
      keys?.close()
      tokens.close()
    },
  }
}

/** One and the same for everything that can be wrong, so that nobody learns which it was. */
const refused = 'Send credentials that are good, as "Authorization: Bearer" and a token or key'

function checked(options: AuthenticationOptions): z.infer<typeof authShape> {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return checkOptions(authShape, { ...defaults.auth, ...Object.fromEntries(given) }, 'auth')
}
