import { createClient } from 'graphql-ws'
import WebSocket from 'ws'
import { reasonOf } from '../../reason.ts'
import { CliError } from '../connect.ts'
import { type Answer, type Api, dataOf, type Variables } from './api.ts'

/** Time between pings, and for the answer to one (milliseconds): a connection without is dead, whatever TCP says. */
const PING_MS = 10_000
const ANSWER_MS = 5_000

/** Opens the API of a gateway by a WebSocket, which carries all operations. */
export async function openRemoteApi(url: string, token: string | undefined): Promise<Api> {
  let unanswered: NodeJS.Timeout | undefined
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    keepAlive: PING_MS,
    on: {
      ping(isReceived) {
        if (!isReceived) unanswered = setTimeout(() => client.terminate(), ANSWER_MS)
      },
      pong: () => clearTimeout(unanswered),
      closed: () => clearTimeout(unanswered),
    },
    ...(token !== undefined && { connectionParams: { authorization: `Bearer ${token}` } }),
  })
  async function* follow<Data>(query: string, variables: Variables): AsyncGenerator<Data> {
    try {
      for await (const result of client.iterate<Data>({ query, variables: { ...variables } }))
        yield dataOf(result as Answer<Data>)
    } catch (error) {
      throw error instanceof CliError ? error : new CliError(`${url}: ${explain(error)}`, { cause: error })
    }
  }
  return {
    follow,
    async ask<Data>(query: string, variables: Variables) {
      for await (const data of follow<Data>(query, variables)) return data
      throw new CliError(`${url} has given no answer.`)
    },
    [Symbol.asyncDispose]: async () => await client.dispose(),
  }
}

/** The socket fails with an error, an event of its end, or a list of GraphQL errors. */
function explain(error: unknown): string {
  if (Array.isArray(error)) return error.map(({ message }: { message: string }) => message).join('\n')
  const { reason, code, message } = error as { reason?: string; code?: number; message?: string }
  if (reason) return `${reason} (${code})`
  return message || reasonOf(error)
}
