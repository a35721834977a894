import { randomUUID } from 'node:crypto'
import { GraphQLError } from 'graphql'
import type { Logger } from 'pino'
import { type ErrorCode, errorCodes, PgqError } from '../errors.ts'

/**
 * Turns any error into one that a client may see, with a code of the closed list, on every transport alike. An
 * unexpected error is masked, and logged under an id that the client receives.
 */
export function createClientErrors(logger: Logger): (error: unknown) => GraphQLError {
  return (error) => {
    const origin = originOf(error)
    const place = error instanceof GraphQLError ? placeOf(error) : {}
    if (origin instanceof PgqError) {
      const { code, field, isUnexplained, retryAfterSeconds } = origin
      const message = shorten((error as Error).message)
      const extensions = {
        code,
        ...(field !== undefined && { field }),
        ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
      }
      if (!isUnexplained) return new GraphQLError(message, { ...place, extensions })
      const errorId = randomUUID()
      logger.warn({ err: origin.cause, errorId }, 'the database refused a request')
      return new GraphQLError(`${message}; the server has logged why under ${errorId}`, {
        ...place,
        extensions: { ...extensions, errorId },
      })
    }
    if (origin instanceof GraphQLError) {
      const { originalError: _, ...extensions } = origin.extensions
      return new GraphQLError(shorten((error as Error).message), {
        ...place,
        extensions: { ...extensions, code: codeOf(origin) },
      })
    }
    const errorId = randomUUID()
    logger.error({ err: origin, errorId }, 'a request failed for a reason that nobody expected')
    const message = `Internal error; the server has logged it under ${errorId}`
    return new GraphQLError(message, { ...place, extensions: { code: 'INTERNAL', errorId } })
  }
}

/** Shortens a message: some messages of graphql quote a faulty value of any size. */
function shorten(message: string): string {
  return message.length > MAX_MESSAGE_LENGTH ? `${message.slice(0, MAX_MESSAGE_LENGTH)}…` : message
}

const MAX_MESSAGE_LENGTH = 1_000

/** Finds the original error: graphql wraps what a resolver throws to add the path. */
function originOf(error: unknown): unknown {
  let origin = error
  while (origin instanceof GraphQLError && origin.originalError) origin = origin.originalError
  return origin
}

function placeOf({ nodes, source, positions, path }: GraphQLError) {
  return { nodes: nodes ?? null, source: source ?? null, positions: positions ?? null, path: path ?? null }
}

/** Blames errors of GraphQL itself (syntax, validation, values) on the caller, unless they carry a code of ours. */
function codeOf(error: GraphQLError): ErrorCode {
  const { code, http } = error.extensions as { code?: unknown; http?: { status?: number } }
  const known = errorCodes.find((each) => each === code)
  if (known) return known
  return http?.status === 413 ? 'LIMIT_EXCEEDED' : 'BAD_INPUT'
}
