import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { GraphQLError, GraphQLSchema } from 'graphql'
import { type Logger, pino } from 'pino'
import { anybody, type Caller } from '../caller.ts'
import { Databases } from '../database/databases.ts'
import type { DatabaseHealth, DatabaseOptions } from '../database/live-database.ts'
import { defaultLimits, defaultSocketPingMs } from '../defaults.ts'
import type { Instrumentation } from '../instrumentation.ts'
import { createClientErrors } from '../operations/client-errors.ts'
import { toExecutionSchema } from '../operations/execution-schema.ts'
import { Operations } from '../operations/operations.ts'
import { createContext, type SchemaContext } from '../schema/context.ts'
import { createPgqSchema } from '../schema/index.ts'
import { toSubgraph } from '../schema/subgraph.ts'
import { createJsonPost } from '../transports/json-post.ts'
import { type Authenticate, pathOf } from '../transports/transport.ts'
import { createWebSockets } from '../transports/websocket.ts'
import { createYogaHandler } from '../transports/yoga.ts'
import { RequestsUnderWay } from './requests-under-way.ts'

/** What a gateway takes and gives at most; see `defaultLimits`. */
export type GatewayLimits = typeof defaultLimits

export interface GatewayOptions {
  /** Those that are there from the start; `main` is what arguments default to. */
  databases: readonly DatabaseOptions[]
  /** Says who asks. Default: everybody is `anybody`, who may do everything. */
  authenticate?: Authenticate | undefined
  limits?: Partial<GatewayLimits> | undefined
  /** Default: nothing is logged. */
  logger?: Logger | undefined
  instrumentation?: Instrumentation | undefined
  /** Where GraphQL is served. Default `/graphql`. */
  path?: string | undefined
  /** Serves the schema as a subgraph of Apollo Federation 2: `_service`, and a key on each Node type. Default false. */
  federation?: boolean | undefined
  /** Between pings of a WebSocket. Milliseconds, default 12,000; one that is half-open ends within twice that. */
  socketPingMs?: number | undefined
}

export interface GatewayHealth {
  isReady: boolean
  databases: DatabaseHealth[]
}

/** The product as a library: mount it in a server of your own. */
export interface Gateway {
  /** The schema that clients know. To execute it elsewhere, give its fields a `contextFor`. */
  readonly schema: GraphQLSchema
  /** Makes the context of one request. */
  contextFor(caller?: Caller): SchemaContext
  /** Turns whatever went wrong into what a client may see, with a code; for servers that execute the schema themselves. */
  maskError(error: unknown): GraphQLError
  /** They can be added and removed while the gateway runs. */
  readonly databases: Databases
  /** Answers a request for GraphQL: POST, GET, SSE and GraphiQL. Its body must not have been read. */
  handle(request: IncomingMessage, response: ServerResponse): void
  /** Takes an upgrade to a WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  health(): GatewayHealth
  /** Begins to connect to the databases; returns at once. */
  start(): void
  /**
   * Ends in order: streams are cut so that their clients connect again, requests under way get some seconds to finish,
   * then the databases are closed. Refuse new requests before.
   */
  close(): Promise<void>
}

/** Requests that are under way at `close` have so long to finish. Milliseconds. */
const GRACE_MS = 5_000

/** @throws TypeError for two databases of one name. */
export function createGateway(options: GatewayOptions): Gateway {
  const { logger = pino({ level: 'silent' }), instrumentation, path = '/graphql' } = options
  const limits = { ...defaultLimits, ...options.limits }
  const databases = new Databases({ logger, instrumentation })
  for (const database of options.databases) databases.add(database)

  const makeSchema = () => (options.federation ? toSubgraph(createPgqSchema()) : createPgqSchema())
  const schema = makeSchema()
  const toClientError = createClientErrors(logger)
  const contextFor = (caller: Caller = anybody) => createContext(databases, limits, caller)
  const operations = new Operations({
    schema,
    executionSchema: toExecutionSchema(makeSchema()),
    contextFor,
    limits,
    toClientError,
    instrumentation,
  })
  const parts = {
    operations,
    authenticate: options.authenticate ?? (() => anybody),
    path,
    maxRequestBytes: limits.maxRequestBytes,
    toClientError,
  }
  const jsonPost = createJsonPost(parts)
  const yoga = createYogaHandler({ ...parts, schema, logger })
  const sockets = createWebSockets({ ...parts, pingMs: options.socketPingMs ?? defaultSocketPingMs })
  const requests = new RequestsUnderWay()
  let isClosing = false

  return {
    schema,
    contextFor,
    maskError: toClientError,
    databases,
    handle(request, response) {
      requests.add(response)
      if (!jsonPost(request, response)) yoga(request, response)
    },
    upgrade(request, socket, head) {
      if (pathOf(request) === path) sockets.upgrade(request, socket, head)
      else refuseUpgrade(socket, '404 Not Found')
    },
    health() {
      const all = [...databases].map((database) => database.health())
      const isReady = all.every((each) => each.installed && each.listening && each.ticker !== false)
      return { isReady: isReady && !isClosing, databases: all }
    },
    start: () => databases.start(),
    async close() {
      isClosing = true
      // No `complete` is said: to a client that would mean that its subscription is over, and not that it should connect again.
      requests.cutStreams()
      await sockets.close()
      await requests.idle(GRACE_MS)
      await databases.close()
    },
  }
}

/** Answers an upgrade that is not taken, and ends its socket. */
export function refuseUpgrade(socket: Duplex, status: string): void {
  // Node has taken its own listeners off this socket.
  socket.on('error', () => {})
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`)
}
