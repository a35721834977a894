import type { ServerResponse } from 'node:http'
import type { Database } from '../postgres/connections.ts'
import type { Realtime } from '../pubsub/realtime.ts'
import type { Ticker } from '../ticker/ticker.ts'

/** `/health/live`: the process answers. `/health/ready`: every database is reached, listened to and ticked. */
export function answerHealth(
  path: string,
  response: ServerResponse,
  parts: {
    databases: Iterable<Database>
    realtime: Realtime
    tickers: ReadonlyMap<string, Ticker>
    isClosing: boolean
  },
): void {
  if (path === '/health/live') {
    send(response, 200, { status: 'live' })
    return
  }
  const databases = [...parts.databases].map((database) => {
    const ticker = parts.tickers.get(database.name)
    return {
      name: database.name,
      installed: database.isReady,
      listening: database.isReady && parts.realtime.feed(database.name).isLive,
      ticker: ticker ? ticker.isReady : null,
    }
  })
  const isReady =
    !parts.isClosing && databases.every((each) => each.installed && each.listening && each.ticker !== false)
  send(response, isReady ? 200 : 503, { status: isReady ? 'ready' : 'not ready', databases })
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(`${JSON.stringify(body)}\n`)
}
