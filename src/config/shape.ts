import { z } from 'zod'
import { extraColumns } from '../access/grant.ts'
import { isBasePath, isHostPattern, isOrigin, isPublicUrl } from './addresses.ts'
import { authShape } from './auth-shape.ts'
import { databasesShape, engines } from './databases.ts'
import { moversShape } from './movers.ts'

const positive = (maximum = 2_147_483_647) =>
  z
    .int(`must be a whole number from 1 to ${maximum}`)
    .min(1, `must be a whole number from 1 to ${maximum}`)
    .max(maximum, `must be a whole number from 1 to ${maximum}`)

const boolean = z.boolean('must be true or false')

function oneOf<const Values extends readonly string[]>(values: Values) {
  return z.enum(values, `must be one of ${values.join(', ')}`)
}

function listOf(isMember: (text: string) => boolean, message: string) {
  const isList = (value: unknown) =>
    Array.isArray(value) && value.every((member) => typeof member === 'string' && isMember(member))
  return z.custom<string[]>(isList, message)
}

const filePath = z
  .string('must be the path of a PEM file')
  .min(1, 'must be the path of a PEM file')
  .nullable()
const slashes = 'must begin and end with a slash, such as /queues/'
const webUrl = 'must be an http:// or https:// URL without a query, such as https://queues.example/'

const portRange = 'must be a whole number from 0 to 65535 (0 takes any free port)'
const port = z.int(portRange).min(0, portRange).max(65_535, portRange)
const address = z.string('must be an address or a host name').min(1, 'must be an address or a host name')

/** The one shape of the configuration, whether it comes from flags, the environment or a file. */
export const configShape = z.strictObject({
  /** Address to listen on. */
  host: address,
  /** TCP port to listen on; 0 takes any free one. */
  port,
  /** Accept requests of other machines though nothing asks who sends them. */
  allowUnauthenticatedRemote: boolean,
  /** Path under which everything is served. */
  basePath: z.string(slashes).refine(isBasePath, slashes),
  /** URL of `basePath` as clients see it behind a proxy; its host is allowed. Null where they connect without one. */
  publicUrl: z.string(webUrl).refine(isPublicUrl, webUrl).nullable(),
  /** Further values of `Host`, with or without a port; `*.example.com` for all names below. */
  allowedHosts: listOf(
    isHostPattern,
    'must be a list of host names, such as ["queues.example", "*.example.com"]',
  ),
  cors: z.strictObject({
    /** Pages of other origins that may call; `*` for all. */
    origins: listOf(isOrigin, 'must be a list of origins, such as ["https://app.example"], or ["*"]'),
  }),
  tls: z
    .strictObject({
      /** Certificate with its chain. A PEM file, read again when it changes. */
      certFile: filePath,
      /** Its private key. A PEM file, read again when it changes. */
      keyFile: filePath,
    })
    .refine(({ certFile, keyFile }) => (certFile === null) === (keyFile === null), {
      message: 'tls needs both certFile and keyFile, or neither',
    }),
  /** Whether to believe the `X-Forwarded-*` headers of whoever connects, who must be a proxy. */
  trustProxy: boolean,
  metrics: z.strictObject({
    /** Whether `/metrics` is served, to callers with the grant `stats` for all databases. */
    enabled: boolean,
    /** Port of its own where `/metrics` is served instead, to whoever reaches it; 0 takes any free one. Null for none. */
    port: port.nullable(),
    /** Address to listen on with that port. */
    host: address,
  }),
  tracing: z.strictObject({
    /** Column of an event that gets the `traceparent` of its publish, where the producer leaves it empty; null for none. */
    traceparentColumn: oneOf(extraColumns).nullable(),
  }),
  /** Databases to serve; with none, the embedded server is `main`. */
  databases: databasesShape,
  /** Which PgQ to install where none is found, in databases that do not say so themselves. */
  engine: engines,
  /** Directory of the embedded server, relative to the working directory. */
  dataDirectory: z.string('must be a path').min(1, 'must be a path'),
  logLevel: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
  connections: z.strictObject({
    /**
     * Connections to all databases together, of which each needs four: to listen, to say that the gateway lives, for maintenance and
     * for statements. Null for 200, or for what they need where that is more.
     */
    maxTotal: positive(1_000_000).nullable(),
    /**
     * Largest pool of each of the roles reader, writer and admin, per database. Beside them there are one connection for
     * LISTEN, one that says the gateway lives, two for the heartbeats of batches, up to four for lists, and up to six of the ticker.
     */
    maxPerRole: positive(10_000),
    /** A statement is cancelled on the server after this. Milliseconds. */
    statementTimeoutMs: positive(),
  }),
  ticker: z.strictObject({
    /** Whether `serve` also ticks: all databases but those with `ticker: false`. Where this is false, none. */
    enabled: boolean,
  }),
  limits: z.strictObject({
    /** Largest body of a request. Bytes. */
    maxRequestBytes: positive(),
    /** Lists and objects in the JSON of a request. */
    maxRequestObjects: positive(),
    /** Memory for the requests, answers and streams of all clients together; null for what the heap has room for. Bytes. */
    maxMemoryBytes: positive(Number.MAX_SAFE_INTEGER).nullable(),
    /** Connections from one address, other than of this machine; without effect where `trustProxy` is set. */
    maxConnectionsPerAddress: positive(),
    /** Operations that run at the same time on one WebSocket. */
    maxOperationsPerSocket: positive(),
    /** WebSockets of one address that have yet to say who they are. */
    maxUnknownSockets: positive(),
    /** Aliases in one GraphQL document. */
    maxAliases: positive(),
    /** Nesting of selections in one GraphQL document. */
    maxDepth: positive(),
    /** Tokens in one GraphQL document. */
    maxTokens: positive(),
    /** Fields of one answer, counted from the sizes of its pages and from its rows. */
    maxCost: positive(),
    /** Largest `first` or `last` of a connection. */
    maxPageSize: positive(),
    /** Events on one page of a batch. */
    maxEventsPerPage: positive(),
    /** Events of a batch that are given at once; a larger batch is read in pages. */
    maxBatchEvents: positive(),
    /** Size of the events on a page, in a message, or given at once. Bytes. */
    maxEventBytes: positive(),
    /** Events that one request may insert, retry or give up. */
    maxEventsPerRequest: positive(),
  }),
  /**
   * File for a line per mutation: who, what, and its outcome. Null for the log, where keys or tokens are configured; else for
   * none.
   */
  auditFile: z.string('must be a path').min(1, 'must be a path').nullable(),
  persistedDocuments: z.strictObject({
    /** Manifest of documents that clients name by an id; null for none. */
    file: z.string('must be a path').min(1, 'must be a path').nullable(),
    /** Whether all other documents are refused. */
    only: boolean,
  }),
  /** Whether clients may ask for the schema, and browsers for GraphiQL. */
  introspection: boolean,
  /** Whether browsers find the dashboard at `basePath`. */
  dashboard: boolean,
  /** What each caller may cost, told apart by name, or by address without credentials; null for any amount. */
  rateLimits: z.strictObject({
    /** Operations per second. */
    requestsPerSecond: positive().nullable(),
    /** Published events per second. */
    eventsPerSecond: positive().nullable(),
    /** Subscriptions open at once. */
    streams: positive().nullable(),
    /** WebSockets open at once. */
    sockets: positive().nullable(),
  }),
  auth: authShape,
  /** What is moved from databases into others. */
  movers: moversShape,
})

export type Config = z.infer<typeof configShape>
