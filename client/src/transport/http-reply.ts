import { PgqClientError } from '../errors.ts'
import { dataOf, parseJson } from './reply.ts'

export function isEventStream(
  response: Response,
): response is Response & { body: ReadableStream<Uint8Array> } {
  const type = response.headers.get('content-type') ?? ''
  return response.ok && type.startsWith('text/event-stream') && response.body !== null
}

export async function readReply(response: Response): Promise<unknown> {
  const text = await response.text()
  const type = response.headers.get('content-type') ?? ''
  if (type.includes('json')) return parseJson(text)
  throw statusError(response, text)
}

export async function unexpectedReply(response: Response): Promise<PgqClientError> {
  try {
    dataOf(await readReply(response))
  } catch (error) {
    if (error instanceof PgqClientError) return error
    throw error
  }
  return new PgqClientError('INTERNAL', 'The server answered a subscription with a single result')
}

/** Answers that are no GraphQL: of this server before GraphQL begins, or of something that stands between. */
function statusError({ status, headers }: Response, text: string): PgqClientError {
  const message = `The server answered ${status}: ${text.slice(0, 200).trim()}`
  if (status === 401) return new PgqClientError('UNAUTHENTICATED', message)
  if (status === 403) return new PgqClientError('FORBIDDEN', message)
  if (status === 413) return new PgqClientError('LIMIT_EXCEEDED', message)
  if (status === 408 || status === 504) return new PgqClientError('TIMEOUT', message)
  if (status === 429 || status >= 500) {
    const retryAfterSeconds = Number(headers.get('retry-after') ?? Number.NaN)
    return new PgqClientError('UNAVAILABLE', message, {
      retryAfterSeconds: retryAfterSeconds >= 0 ? retryAfterSeconds : undefined,
    })
  }
  return new PgqClientError('INTERNAL', `${message} (is this the URL of a GraphQL endpoint?)`)
}
