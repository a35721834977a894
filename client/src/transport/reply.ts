import { isObject, PgqClientError, toClientError } from '../errors.ts'

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new PgqClientError('INTERNAL', 'The server sent a reply that is not JSON', { cause })
  }
}

/** Gives the data of a GraphQL result. @throws PgqClientError for its first error, or when it is no result. */
export function dataOf<Result>(reply: unknown): Result {
  if (!isObject(reply))
    throw new PgqClientError('INTERNAL', 'The server sent a reply that is not a GraphQL result')
  const { data, errors } = reply
  if (Array.isArray(errors) && errors.length > 0) throw toClientError(errors[0])
  if (!isObject(data)) throw new PgqClientError('INTERNAL', 'The server sent a result without data')
  return data as Result
}
