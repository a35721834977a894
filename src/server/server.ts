import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import { Databases } from '../database/databases.ts'
import { createClientErrors } from '../operations/client-errors.ts'
import type { DocumentLimits } from '../operations/document-limits.ts'
import { Operations } from '../operations/operations.ts'
import type { Database } from '../postgres/connections.ts'
import { Realtime } from '../pubsub/realtime.ts'
import type { Limits } from '../resolvers/limits.ts'
import { createLoaders } from '../resolvers/loaders.ts'
import type { SchemaContext } from '../schema/context.ts'
import { createPgqSchema } from '../schema/index.ts'
import { Ticker } from '../ticker/ticker.ts'
import { createJsonPost } from '../transports/json-post.ts'
import { serveWebSockets } from '../transports/websocket.ts'
import { checkWith, createGraphqlHandler, graphqlPath } from '../transports/yoga.ts'
import { answerHealth } from './health.ts'
import { isLoopback, refuseOrigin } from './origin-guard.ts'
import { createRequestCount } from './request-count.ts'
import { tickerStatus } from './ticker-status.ts'

export interface ServerLimits extends Limits, DocumentLimits {
  /** Largest body of a request, and largest WebSocket message. Bytes. */
  maxRequestBytes: number
}

export interface PgqServerOptions {
  /** One of them is named `main`. Opened by the caller, and closed by the caller after `close`. */
  databases: readonly Database[]
  host: string
  /** 0 takes any free port. */
  port: number
  limits: ServerLimits
  /** Whether this server ticks its databases. Default true. */
  ticker?: boolean
  /** Between pings of a WebSocket, in milliseconds. Default 12,000: one that is half-open ends within twice that. */
  socketPingMs?: number
  logger: Logger
}

export interface PgqServer {
  listen(): Promise<{ url: string }>
  /** Ends in order: no new requests, streams complete, sockets close, what is under way finishes. */
  close(): Promise<void>
}

/** For requests that are under way at `close`; after that their connections are cut. */
const GRACE_MS = 5_000
const DEFAULT_SOCKET_PING_MS = 12_000

/** The gateway as a server of its own: GraphQL over HTTP, SSE and WebSocket on `/graphql`, health on `/health/*`. */
export function createPgqServer(options: PgqServerOptions): PgqServer {
  const { limits, logger, host } = options
  const databases = new Databases(options.databases)
  const tickers = new Map<string, Ticker>()
  if (options.ticker ?? true) {
    for (const database of databases) tickers.set(database.name, new Ticker({ database, logger }))
  }
  const realtime = new Realtime(databases, (name) => tickers.get(name)?.status.state === 'leading')
  const context: SchemaContext = {
    databases,
    limits,
    loaders: createLoaders(databases),
    realtime,
    tickerStatus: (name) => tickerStatus(tickers.get(name)),
  }
  const toClientError = createClientErrors(logger)
  const schema = createPgqSchema()
  const handler = createGraphqlHandler({ schema, context, limits, toClientError, logger })
  const operations = new Operations({ schema, context, check: checkWith(handler), toClientError })
  const graphql = createJsonPost({
    operations,
    maxRequestBytes: limits.maxRequestBytes,
    toClientError,
    fullHandler(request, response) {
      response.setHeader('cache-control', 'no-store')
      void handler(request, response)
    },
  })
  const refuse = (request: IncomingMessage) => refuseOrigin(request, isLoopback(host))
  let isClosing = false

  const requests = createRequestCount()

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    requests.add(response)
    const [path = '/'] = (request.url ?? '/').split('?')
    if (path === '/health/live' || path === '/health/ready') {
      answerHealth(path, response, { databases, realtime, tickers, isClosing })
      return
    }
    const reason = refuse(request)
    if (reason !== null) sendText(response, 403, reason)
    else if (path === graphqlPath) graphql(request, response)
    else if (path === '/') response.writeHead(302, { location: graphqlPath }).end()
    else sendText(response, 404, `Nothing is here; the API is at ${graphqlPath}`)
  }

  const server = createServer({ keepAliveTimeout: 65_000 }, answer)
  const sockets = serveWebSockets({
    server,
    handler,
    operations,
    toClientError,
    maxMessageBytes: limits.maxRequestBytes,
    refuse,
    pingMs: options.socketPingMs ?? DEFAULT_SOCKET_PING_MS,
  })

  return {
    async listen() {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(options.port, host, () => {
          server.off('error', reject)
          resolve()
        })
      })
      realtime.start()
      for (const ticker of tickers.values()) ticker.start()
      const { port } = server.address() as AddressInfo
      return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}${graphqlPath}` }
    },

    async close() {
      isClosing = true
      server.close()
      await realtime.close()
      await sockets.close()
      await requests.idle(GRACE_MS)
      server.closeAllConnections()
      await Promise.all([...tickers.values()].map((ticker) => ticker.stop()))
    },
  }
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`)
}
