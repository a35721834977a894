import type * as JetStream from '@nats-io/jetstream'
import type * as Nats from '@nats-io/transport-node'
import { PgqError } from '../../../errors.ts'
import { reasonOf } from '../../../reason.ts'

/** The libraries, which are loaded where they are needed. */
export interface NatsLibrary {
  nats: typeof Nats
  jetStream: typeof JetStream
}

/** Says why there is no connection. */
export function connectFailure(error: unknown, { nats: { errors } }: NatsLibrary): PgqError {
  if (error instanceof PgqError) return error
  if (error instanceof errors.AuthorizationError || error instanceof errors.UserAuthenticationExpiredError)
    return new PgqError(
      'UNAUTHENTICATED',
      'The NATS server refuses the login; give a user and a password in to.nats that it knows, or to.credsFile',
    )
  return new PgqError('UNAVAILABLE', `The NATS server cannot be reached: ${reasonOf(error)}`)
}

/** Says why JetStream has not taken a message. */
export function publishFailure(
  error: unknown,
  { nats: { errors }, jetStream }: NatsLibrary,
  { eventId, subject }: { eventId: string; subject: string },
): PgqError {
  const cause = error instanceof errors.RequestError ? error.cause : error
  if (hasNoResponders(error, errors.RequestError))
    return new PgqError(
      'NOT_FOUND',
      `No stream of JetStream takes the subject ${subject}; make one that does, or set to.create to true`,
    )
  if (error instanceof jetStream.JetStreamApiError)
    return new PgqError('LIMIT_EXCEEDED', `JetStream does not take event ${eventId}: ${error.message}`)
  if (cause instanceof errors.PermissionViolationError)
    return new PgqError(
      'FORBIDDEN',
      `The NATS user may not ${cause.operation} ${cause.subject}; give it the right, or another user to the mover`,
    )
  if (error instanceof errors.TimeoutError)
    return new PgqError('TIMEOUT', 'JetStream does not answer in time')
  return new PgqError('UNAVAILABLE', `The connection to the NATS server is lost: ${reasonOf(error)}`)
}

/** Nobody answers where no stream takes the subject, or the server has no JetStream at all. */
function hasNoResponders(error: unknown, RequestError: typeof Nats.errors.RequestError): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof RequestError && cause.isNoResponders()
}
