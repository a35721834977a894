import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { GraphQLError, GraphQLSchema } from 'graphql'
import { type Logger, pino } from 'pino'
import type { ExtraColumn } from '../access/grant.ts'
import { anybody, type Caller } from '../caller.ts'
import { Administration, type ConfigurationChange } from '../database/administration.ts'
import { Databases } from '../database/databases.ts'
import type { DatabaseHealth } from '../database/health.ts'
import type { DatabaseOptions } from '../database/live-database.ts'
import { defaultLimits, defaultRateLimits, defaultSocketPingMs } from '../defaults.ts'
import type { Instrumentation } from '../instrumentation.ts'
import { Memory } from '../memory/memory.ts'
import { Movers } from '../mover/movers.ts'
import type { MoverOptions } from '../mover-plan.ts'
import { createClientErrors } from '../operations/client-errors.ts'
import { toExecutionSchema } from '../operations/execution-schema.ts'
import { mutationListener, reportMutations } from '../operations/mutation-reports.ts'
import { Operations } from '../operations/operations.ts'
import type { PersistedDocumentsOptions } from '../operations/persisted-documents.ts'
import { CallerLimits } from '../rates/caller-limits.ts'
import { createContext, type SchemaContext } from '../schema/context.ts'
import { createPgqSchema } from '../schema/index.ts'
import { toSubgraph } from '../schema/subgraph.ts'
import { traceMessaging } from '../tracing/traced-schema.ts'
import { Tracing } from '../tracing/tracing.ts'
import { createAdmission } from '../transports/admission.ts'
import { setAnswerHeaders } from '../transports/answer-headers.ts'
import { believeProxy } from '../transports/clients.ts'
import { sendGraphiqlPage } from '../transports/graphiql-page.ts'
import { createIdentify } from '../transports/identify.ts'
import { createJsonPost } from '../transports/json-post.ts'
import { LargeRequests, tooMany } from '../transports/large-requests.ts'
import { type Authenticate, pathOf } from '../transports/transport.ts'
import { createWebSockets } from '../transports/websocket.ts'
import { createYogaHandler } from '../transports/yoga.ts'
import { RequestsUnderWay } from './requests-under-way.ts'

/** Limits of a gateway; see `defaultLimits`. */
export type GatewayLimits = typeof defaultLimits

/** Limits per caller; see `defaultRateLimits`. */
export type GatewayRateLimits = typeof defaultRateLimits

export interface GatewayOptions {
  /** Databases served from the start. A `database` argument defaults to the one named `main`. */
  databases: readonly DatabaseOptions[]
  /** What is moved from databases into others. Default: nothing. */
  movers?: readonly MoverOptions[] | undefined
  /** Settings of databases that admins add through the API, where they do not give them. Default: those of any database. */
  addedDatabases?: Omit<DatabaseOptions, 'name' | 'connectionString'> | undefined
  /** Reads the configuration again, for `reloadConfiguration`. Default: there is none to read. */
  reload?: (() => Promise<ConfigurationChange>) | undefined
  /** Identifies callers. Default: every caller is `anybody`, who may do everything. */
  authenticate?: Authenticate | undefined
  /** Maximum number of connections to all databases together. Default: 200, or four for each database where that is more. */
  maxConnections?: number | null | undefined
  limits?: Partial<GatewayLimits> | undefined
  rateLimits?: Partial<GatewayRateLimits> | undefined
  /** Destination of log lines. Default: nothing is logged. */
  logger?: Logger | undefined
  instrumentation?: Instrumentation | undefined
  /** Gets a line for each field of a mutation: who, what, and its outcome. Default: nobody does. */
  auditLogger?: Logger | undefined
  /** Documents that clients name by an id. Default: none, and any document is run. */
  persistedDocuments?: PersistedDocumentsOptions | undefined
  /** Whether clients may ask for the schema, and browsers for GraphiQL. Without, errors name nothing of it. Default true. */
  introspection?: boolean | undefined
  /**
   * How to trace. Spans are made where an SDK of OpenTelemetry is registered before the gateway is made.
   *
   * `traceparentColumn` is the column of an event that gets the context of its publish, where the producer leaves it empty.
   * Default null: none, since triggers use these columns.
   */
  tracing?: { traceparentColumn?: ExtraColumn | null | undefined } | undefined
  /** Path of the API. Default `/graphql`. */
  path?: string | undefined
  /** Whether to serve a subgraph of Apollo Federation 2: `_service`, and a key on each Node type. Default false. */
  federation?: boolean | undefined
  /**
   * Whether to take whoever connects for a proxy, and the last address of its `X-Forwarded-For` for the client among whom
   * turns, memory and limits are divided. Default false.
   */
  trustProxy?: boolean | undefined
  /** Time between pings of a WebSocket (milliseconds, default 12,000). A half-open one ends within twice that. */
  socketPingMs?: number | undefined
}

export interface GatewayHealth {
  /** Whether all databases that are required are ready. */
  isReady: boolean
  databases: DatabaseHealth[]
}

/** Serves the API as a library, mounted in a server of your own. */
export interface Gateway {
  /** Schema that clients know. To execute it elsewhere, pass its fields a context from `contextFor`. */
  readonly schema: GraphQLSchema
  /** Makes the context of one request. */
  contextFor(caller?: Caller): SchemaContext
  /** Turns any error into one that a client may see, with a code; for servers that execute the schema themselves. */
  maskError(error: unknown): GraphQLError
  /** Databases of this gateway, which can be added and removed while it runs. */
  readonly databases: Databases
  readonly movers: Movers
  /** Answers a request for GraphQL: POST, GET, SSE and GraphiQL. Its body must not have been read. */
  handle(request: IncomingMessage, response: ServerResponse): void
  /** Takes an upgrade to a WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  health(): GatewayHealth
  /** Begins to connect to the databases; returns at once. */
  start(): void
  /**
   * Shuts down in order: cuts streams so that their clients reconnect, gives requests under way 5 seconds to finish,
   * and closes the databases. The embedding server must refuse new requests before.
   */
  close(): Promise<void>
}

/** Time for requests under way at `close` to finish (milliseconds). */
const GRACE_MS = 5_000

/**
 * Makes a gateway; `start` connects it to its databases.
 *
 * @throws TypeError for two databases or movers with the same name, and for a mover that cannot be; Error for persisted documents that cannot be read, or are invalid.
 */
export function createGateway(options: GatewayOptions): Gateway {
  const {
    logger = pino({ level: 'silent' }),
    instrumentation,
    path = '/graphql',
    trustProxy = false,
    introspection: hasIntrospection = true,
    persistedDocuments,
    addedDatabases = {},
    reload,
  } = options
  const asked = { ...defaultLimits, ...options.limits }
  const memory = new Memory(asked.maxMemoryBytes)
  const limits = { ...asked, maxEventBytes: Math.min(asked.maxEventBytes, memory.largestPageBytes) }
  const databases = new Databases({ logger, instrumentation, memory }, options.maxConnections ?? null)
  for (const database of options.databases) databases.add(database)
  const movers = new Movers(options.movers ?? [], databases)
  const administration = new Administration({ databases, defaults: addedDatabases, reload })

  const tellMutation = mutationListener(instrumentation, options.auditLogger)
  const tracing = findTracing(options.tracing?.traceparentColumn ?? null, logger)
  const makeSchema = () => {
    const made = options.federation ? toSubgraph(createPgqSchema()) : createPgqSchema()
    if (tracing) traceMessaging(made, tracing)
    return tellMutation ? reportMutations(made, tellMutation) : made
  }
  const schema = makeSchema()
  const toClientError = createClientErrors(logger)
  const callerLimits = new CallerLimits({ ...defaultRateLimits, ...options.rateLimits })
  const shared = { callerLimits, movers, tellMutation: tellMutation ?? undefined }
  const operations = new Operations({
    schema,
    executionSchema: toExecutionSchema(makeSchema()),
    contextFor: (caller, parts) =>
      createContext(databases, administration, limits, caller, { ...parts, ...shared, memory }),
    limits,
    memory,
    callerLimits,
    toClientError,
    persistedDocuments,
    hasIntrospection,
    logger,
    instrumentation,
    tracing,
  })
  const requests = new RequestsUnderWay()
  const largeRequests = new LargeRequests(memory, limits.maxRequestBytes)
  const parts = {
    operations,
    identify: createIdentify(
      options.authenticate ?? (() => anybody),
      callerLimits,
      tellMutation !== null,
      tracing,
    ),
    tracing,
    path,
    maxRequestBytes: limits.maxRequestBytes,
    maxRequestObjects: limits.maxRequestObjects,
    memory,
    largeRequests,
    toClientError,
    onStream(response: ServerResponse) {
      largeRequests.letGo(response)
      requests.addStream(response)
    },
  }
  const admit = createAdmission(parts)
  const jsonPost = createJsonPost(parts)
  const yoga = createYogaHandler({ ...parts, schema, logger })
  const sockets = createWebSockets({
    ...parts,
    pingMs: options.socketPingMs ?? defaultSocketPingMs,
    maxOperationsPerSocket: limits.maxOperationsPerSocket,
    maxUnknownSockets: limits.maxUnknownSockets,
    callerLimits,
  })
  let closed: Promise<void> | undefined

  const hasGraphiql = hasIntrospection && !persistedDocuments?.only
  const close = async () => {
    operations.close()
    // Streams are cut without `complete`, which would end the client's subscription; so the client reconnects.
    requests.cutStreams()
    await sockets.close()
    await Promise.all([requests.idle(GRACE_MS), movers.close()])
    await databases.close()
  }

  return {
    schema,
    contextFor: (caller = anybody) => createContext(databases, administration, limits, caller, shared),
    maskError: toClientError,
    databases,
    movers,
    handle(request, response) {
      if (trustProxy) believeProxy(request)
      requests.add(request, response)
      if (sendGraphiqlPage(request, response, path, hasGraphiql)) return
      void admit(request, response, (sender) => {
        const answer = () => {
          if (!jsonPost(request, response, sender)) yoga(request, response, sender)
        }
        largeRequests.receive(request, response, answer, (status) => refuseBody(response, status))
      })
    },
    upgrade(request, socket, head) {
      if (trustProxy) believeProxy(request)
      if (pathOf(request) !== path) refuseUpgrade(socket, '404 Not Found')
      else if (!sockets.upgrade(request, socket, head)) refuseUpgrade(socket, '429 Too Many Requests')
    },
    health() {
      const all = [...databases].map((database) => database.health())
      const isReady = all.every(({ required, reasons }) => !required || reasons.length === 0)
      return { isReady: isReady && !closed, databases: all }
    },
    start() {
      databases.start()
      movers.start()
    },
    close() {
      closed ??= close()
      return closed
    },
  }
}

function findTracing(column: ExtraColumn | null, logger: Logger): Tracing | null {
  const tracing = Tracing.find(column)
  if (!tracing && column !== null)
    logger.warn(
      'tracing.traceparentColumn has no effect: no SDK of OpenTelemetry is registered (see docs/tracing.md)',
    )
  return tracing
}

const bodyRefusals = {
  408: 'The body came too slowly; send it again',
  503: tooMany,
}

function refuseBody(response: ServerResponse, status: 408 | 503): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const error = { message: bodyRefusals[status], extensions: { code: 'UNAVAILABLE' } }
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'retry-after': '1',
    connection: 'close',
  }
  setAnswerHeaders(response)
  response.writeHead(status, headers).end(JSON.stringify({ errors: [error] }))
}

/** Answers a refused upgrade with the reason, and ends its socket. */
export function refuseUpgrade(socket: Duplex, status: string, reason = ''): void {
  // Node has removed its own listeners from this socket, so an error would end the process.
  socket.on('error', () => {})
  socket.once('finish', () => socket.destroy())
  const body = reason === '' ? '' : `${reason}\n`
  const headers = [
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    'X-Content-Type-Options: nosniff',
  ]
  socket.end(
    [`HTTP/1.1 ${status}`, ...headers, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n'),
  )
}
