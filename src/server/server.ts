import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { pino } from 'pino'
import type { Access } from '../access/access.ts'
import { anybody } from '../caller.ts'
import { defaultLimits } from '../defaults.ts'
import { createGateway, type Gateway, type GatewayOptions, refuseUpgrade } from '../gateway/gateway.ts'
import { isLoopback } from '../loopback.ts'
import { Metrics } from '../metrics/metrics.ts'
import { setAnswerHeaders } from '../transports/answer-headers.ts'
import { believeProxy } from '../transports/clients.ts'
import { pathOf } from '../transports/transport.ts'
import { Certificate, type TlsFiles } from './certificate.ts'
import { checkAddresses } from './check-addresses.ts'
import { limitConnections } from './connections.ts'
import { createCors } from './cors.ts'
import { Dashboard } from './dashboard.ts'
import { warningsOf } from './exposure.ts'
import { Guard } from './guard.ts'
import { answerLive, answerReady } from './health.ts'
import { Hosts } from './hosts.ts'
import { createListener, listenOn } from './listener.ts'
import { answerMetrics } from './metrics.ts'
import { MetricsPort, type MetricsPortOptions } from './metrics-port.ts'
import { serveWithoutUpgrade } from './other-upgrades.ts'
import { Paths } from './paths.ts'
import { sendText } from './plain-text.ts'

export interface PgqServerOptions extends Omit<GatewayOptions, 'path'> {
  host: string
  /** Port to listen on; 0 takes any free one. */
  port: number
  /** Path under which everything is served; begins and ends with a slash. Default `/`. */
  basePath?: string | undefined
  /** URL of `basePath` as clients see it behind a proxy; its host is allowed. Default null: they connect without one. */
  publicUrl?: string | null | undefined
  /** Further values of `Host`, with or without a port; `*.example.com` for all names below. Default: none. */
  allowedHosts?: readonly string[] | undefined
  /** Pages of other origins that may call; `*` for all. Default: none. */
  cors?: { origins: readonly string[] } | undefined
  /** Certificate and key for TLS, read again when they change. Default null: without TLS. */
  tls?: TlsFiles | null | undefined
  /** Serve the dashboard at `basePath`; without it, that leads to GraphiQL. Default true. */
  dashboard?: boolean | undefined
  /**
   * Whether to serve `/metrics` to callers with the grant `stats` for all databases; or the port of its own where whoever
   * reaches it is told. Default false.
   */
  metrics?: boolean | MetricsPortOptions | undefined
}

export interface PgqServer {
  readonly gateway: Gateway
  /** Listens, and begins to connect to the databases. It does not wait for those. */
  listen(): Promise<{
    url: string
    /** URL of the metrics, where they have a port of their own. */
    metricsUrl: string | null
  }>
  /** Shuts down in order: refuses new requests, cuts streams and sockets, finishes requests, closes the databases. */
  close(): Promise<void>
}

/**
 * Serves a gateway on a port of its own: GraphQL over HTTP, SSE and WebSocket on `/graphql`, the dashboard on
 * `/`, health on `/health/*`.
 *
 * @throws ConfigError for a certificate, a key or an address that cannot be used.
 */
export function createPgqServer(options: PgqServerOptions): PgqServer {
  checkAddresses(options)
  const { host, port, basePath = '/', publicUrl = null, allowedHosts = [], trustProxy = false } = options
  const {
    authenticate,
    logger = pino({ level: 'silent' }),
    cors: { origins } = { origins: [] },
    limits,
  } = options
  const certificate = options.tls ? new Certificate(options.tls, logger) : null
  const isEncrypted = certificate !== null
  const paths = new Paths(basePath)
  const metrics = options.metrics ? new Metrics(options.instrumentation, logger) : null
  const instrumentation = metrics?.instrumentation ?? options.instrumentation
  const gateway = createGateway({ ...options, instrumentation, path: paths.graphql })
  const guard = new Guard({ allowedHosts, publicUrl, origins, isEncrypted, trustProxy, logger })
  const cors = createCors(origins)
  const dashboard = options.dashboard !== false && Dashboard.isBuilt() ? new Dashboard() : null
  const demandsTls = publicUrl?.startsWith('https:') || (isEncrypted && !isLoopback(host))

  const serve = (path: string, request: IncomingMessage, response: ServerResponse): void => {
    if (path === paths.graphql) gateway.handle(request, response)
    else if (dashboard?.send(paths.fromBase(path), request, response)) return
    else if (dashboard && paths.lacksSlash(path)) redirect(response, `${path}/`)
    else if (paths.isBase(path)) redirect(response, paths.graphql)
    else sendText(response, 404, `Nothing is here; the API is at ${paths.graphql}`)
  }

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const path = pathOf(request)
    if (demandsTls) demandTls(request, response)
    const refusal = paths.isHealth(path) ? null : guard.refuse(request)
    if (refusal !== null) sendText(response, 403, refusal)
    else if (paths.isLive(path)) answerLive(response)
    else if (paths.isReady(path)) void tellReadiness(request, response)
    else if (metrics && !metricsPort && path === paths.metrics) void tellMetrics(metrics, request, response)
    else cors(request, response, () => serve(path, request, response))
  }

  /** Tells strangers no more than whether it is ready, and others of the databases whose statistics they may see. */
  const tellReadiness = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const access = await accessOf(request)
    answerReady(response, gateway.health(), (database) => access?.allows(['stats'], { database }) ?? false)
  }

  const tellMetrics = async (metrics: Metrics, request: IncomingMessage, response: ServerResponse) => {
    const access = await accessOf(request)
    const databases = [...gateway.databases]
    if (access === null) sendText(response, 401, 'Send an API key or a token with the grant stats')
    else if (!databases.every(({ name }) => access.allows(['stats'], { database: name })))
      sendText(response, 403, 'Metrics need the grant stats for all databases')
    else await answerMetrics(request, response, metrics, gateway)
  }

  const accessOf = async (request: IncomingMessage): Promise<Access | null> => {
    // Balancers ask by any host, and so can pages.
    if (guard.refuse(request) !== null) return null
    if (!authenticate) return anybody.access
    if (request.headers.authorization === undefined) return null
    if (trustProxy) believeProxy(request)
    try {
      return (await authenticate(request)).access
    } catch {
      return null
    }
  }

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
      serveWithoutUpgrade(server, request, socket, head)
      return
    }
    const refusal = pathOf(request) === paths.graphql ? guard.refuse(request) : null
    if (refusal === null) gateway.upgrade(request, socket, head)
    else refuseUpgrade(socket, '403 Forbidden', refusal)
  }

  const metricsPort =
    metrics && typeof options.metrics === 'object'
      ? new MetricsPort(options.metrics, new Hosts(allowedHosts, publicUrl), (request, response) =>
          answerMetrics(request, response, metrics, gateway),
        )
      : null
  const server = createListener(certificate, answer)
  server.on('upgrade', onUpgrade)
  const { maxConnectionsPerAddress } = { ...defaultLimits, ...limits }
  if (!trustProxy) limitConnections(server, maxConnectionsPerAddress, logger)

  return {
    gateway,
    async listen() {
      const origin = await listenOn(server, host, port)
      const metricsUrl = (await metricsPort?.listen()) ?? null
      for (const warning of warningsOf({ host, isEncrypted, publicUrl, origins })) logger.warn(warning)
      gateway.start()
      return { url: `${origin}${paths.graphql}`, metricsUrl }
    },

    async close() {
      server.close()
      server.off('upgrade', onUpgrade)
      certificate?.close()
      await gateway.close()
      metricsPort?.close()
      server.closeAllConnections()
    },
  }
}

/** Tells browsers to use nothing but TLS for this name from now on, for a year. */
function demandTls({ headers: { host = '' } }: IncomingMessage, response: ServerResponse): void {
  // Programs of all kinds share the name localhost, most of them without TLS.
  if (!/^localhost(:|$)/i.test(host)) response.setHeader('strict-transport-security', 'max-age=31536000')
}

function redirect(response: ServerResponse, location: string): void {
  setAnswerHeaders(response)
  response.writeHead(302, { location }).end()
}
