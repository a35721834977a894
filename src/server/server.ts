import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { createGateway, type Gateway, type GatewayOptions, refuseUpgrade } from '../gateway/gateway.ts'
import { isLoopback } from '../loopback.ts'
import { pathOf } from '../transports/transport.ts'
import { answerHealth, livePath, readyPath } from './health.ts'
import { refuseOrigin } from './origin-guard.ts'
import { serveWithoutUpgrade } from './other-upgrades.ts'

export interface PgqServerOptions extends Omit<GatewayOptions, 'path'> {
  host: string
  /** Port to listen on; 0 takes any free one. */
  port: number
}

export interface PgqServer {
  readonly gateway: Gateway
  /** Listens, and begins to connect to the databases. It does not wait for those. */
  listen(): Promise<{ url: string }>
  /** Shuts down in order: refuses new requests, cuts streams and sockets, finishes requests, closes the databases. */
  close(): Promise<void>
}

const graphqlPath = '/graphql'

/** Serves a gateway on a port of its own: GraphQL over HTTP, SSE and WebSocket on `/graphql`, health on `/health/*`. */
export function createPgqServer(options: PgqServerOptions): PgqServer {
  const { host, port } = options
  const gateway = createGateway({ ...options, path: graphqlPath })
  const refuse = (request: IncomingMessage) => refuseOrigin(request, isLoopback(host))

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const path = pathOf(request)
    if (path === livePath || path === readyPath) {
      answerHealth(path, response, () => gateway.health())
      return
    }
    const reason = refuse(request)
    if (reason !== null) sendText(response, 403, reason)
    else if (path === graphqlPath) gateway.handle(request, response)
    else if (path === '/') response.writeHead(302, { location: graphqlPath }).end()
    else sendText(response, 404, `Nothing is here; the API is at ${graphqlPath}`)
  }

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket')
      serveWithoutUpgrade(server, request, socket, head)
    else if (pathOf(request) === graphqlPath && refuse(request) !== null)
      refuseUpgrade(socket, '403 Forbidden')
    else gateway.upgrade(request, socket, head)
  }

  const server = createServer({ keepAliveTimeout: 65_000 }, answer)
  server.on('upgrade', onUpgrade)

  return {
    gateway,
    async listen() {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, host, () => {
          server.off('error', reject)
          resolve()
        })
      })
      gateway.start()
      const { port: taken } = server.address() as AddressInfo
      return { url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}${graphqlPath}` }
    },

    async close() {
      server.close()
      server.off('upgrade', onUpgrade)
      await gateway.close()
      server.closeAllConnections()
    },
  }
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`)
}
