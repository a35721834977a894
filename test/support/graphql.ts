import { createClient as createSseClient } from 'graphql-sse'
import { createClient as createWsClient } from 'graphql-ws'
import WebSocket from 'ws'
import { withDeadline } from './deadline.ts'

/** Results are checked by the tests' expectations, not by types. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Data = Record<string, any>

export interface GraphqlError {
  message: string
  path?: (string | number)[]
  extensions: { code: string; field?: string; errorId?: string }
}

export interface Result {
  data?: Data | null
  errors?: GraphqlError[]
}

/** Posts an operation. @param token Sent as the bearer's, if given. @returns its result, with errors. */
export async function request(
  url: string,
  query: string,
  variables: Data = {},
  signal?: AbortSignal,
  token?: string,
): Promise<Result> {
  const response = await fetch(url, {
    ...(signal && { signal }),
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...bearer(token) },
    body: JSON.stringify({ query, variables }),
  })
  return (await response.json()) as Result
}

/** Posts an operation that must succeed. @returns its data. */
export async function requestData(url: string, query: string, variables: Data = {}): Promise<Data> {
  const { data, errors } = await request(url, query, variables)
  if (errors || !data) throw new Error(`the operation failed: ${JSON.stringify(errors)}`)
  return data
}

export const transports = ['SSE', 'WebSocket'] as const
export type Transport = (typeof transports)[number]

/** A subscription whose messages are read one after another. */
export interface Subscription extends AsyncDisposable {
  /** Reads the next message. @throws when none comes in time, or the stream is over. */
  next(timeoutMs?: number): Promise<Result>
  /** Reads the data of the next message, which must have no errors. */
  nextData(timeoutMs?: number): Promise<Data>
  /** Resolves when the server ends the stream; drops unread messages. */
  ended(timeoutMs?: number): Promise<void>
  /** Disconnects. */
  stop(): Promise<void>
}

function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` }
}

/** Subscribes over either transport by the public client libraries, without reconnecting. */
export function subscribe(
  transport: Transport,
  url: string,
  query: string,
  variables: Data = {},
  token?: string,
): Subscription {
  const client =
    transport === 'SSE'
      ? createSseClient({ url, retryAttempts: 0, headers: bearer(token) })
      : createWsClient({
          connectionParams: bearer(token),
          url: url.replace(/^http/, 'ws'),
          webSocketImpl: WebSocket,
          retryAttempts: 0,
          lazy: true,
        })
  const iterator: AsyncIterableIterator<unknown> = client.iterate({ query, variables })
  const next = async (timeoutMs = 10_000): Promise<Result> => {
    const result = await withDeadline(iterator.next(), `a message of ${query.trim().slice(0, 60)}`, timeoutMs)
    if (result.done) throw new Error('the stream is over')
    return result.value as Result
  }
  const stop = async () => {
    await iterator.return?.()
    await client.dispose()
  }
  return {
    next,
    async nextData(timeoutMs) {
      const { data, errors } = await next(timeoutMs)
      if (errors || !data) throw new Error(`the subscription failed: ${JSON.stringify(errors)}`)
      return data
    },
    async ended(timeoutMs = 10_000) {
      const drain = async () => {
        while (!(await iterator.next()).done);
      }
      await withDeadline(
        drain().catch(() => {}),
        'the end of the stream',
        timeoutMs,
      )
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
