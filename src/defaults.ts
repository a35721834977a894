/** Default limits of the library and the command line. */
export const defaultLimits = {
  /** Largest `first` or `last` of a connection. */
  maxPageSize: 1_000,
  /** Maximum number of events on one page of a batch. */
  maxEventsPerPage: 10_000,
  /** Maximum number of events in `Batch.events` and in a `tail` message; a larger batch is read in pages. */
  maxBatchEvents: 10_000,
  /**
   * Maximum size of the events on a page of a batch, in `Batch.events`, in a `tail` message, and of a page of dead letters
   * (bytes as PostgreSQL sends them). One event alone may be larger.
   */
  maxEventBytes: 16 * 1024 * 1024,
  /** Maximum number of events in `insertEvents`, and of `publish`, `retries` and `failures` in `finishBatch`. */
  maxEventsPerRequest: 10_000,
  /** Maximum size of a request's body, and of a WebSocket message (bytes). */
  maxRequestBytes: 8 * 1024 * 1024,
  /** Maximum number of lists and objects in a request's JSON. */
  maxRequestObjects: 250_000,
  /**
   * Memory for the requests, answers and streams of all clients together (bytes); null for what the heap of the process,
   * as Node's `--max-old-space-size` sets it, leaves room for.
   */
  maxMemoryBytes: null as number | null,
  /** Maximum number of connections from one address, other than of this machine; a server with `trustProxy` has no maximum. */
  maxConnectionsPerAddress: 2_000,
  /** Maximum number of operations that run at the same time on one WebSocket. */
  maxOperationsPerSocket: 1_000,
  /** Maximum number of WebSockets of one address that have yet to say who they are. */
  maxUnknownSockets: 1_000,
  /** Maximum number of aliases in one GraphQL document. */
  maxAliases: 100,
  /** Maximum nesting of selections in one GraphQL document. */
  maxDepth: 16,
  /** Maximum number of tokens in one GraphQL document. */
  maxTokens: 10_000,
  /**
   * Maximum number of fields in one answer: counted from the sizes of its pages before anything runs, where a row of a
   * page counts ten more and a page a hundred more, and from its rows as it is made.
   */
  maxCost: 350_000,
}

/** Default limits per caller; who has shown no credentials is told apart by address. Null for no limit. */
export const defaultRateLimits = {
  /** Operations that a caller may send per second, on all transports together. */
  requestsPerSecond: null as number | null,
  /** Events that a caller may publish per second. */
  eventsPerSecond: null as number | null,
  /** Subscriptions that a caller may have open at once. */
  streams: null as number | null,
  /** WebSockets that a caller may have open at once. */
  sockets: null as number | null,
}

/** Number of connections that each database needs: to listen, to say that the gateway lives, for maintenance and for statements. */
export const connectionsPerDatabase = 4

export const defaultConnections = {
  /** Maximum number of connections to all databases together; null for 200, or for what they need where that is more. */
  maxTotal: null as number | null,
  /** Maximum number of connections for each of the roles reader, writer and admin, per database. */
  maxPerRole: 10,
  /** Time after which the server cancels a statement (milliseconds). */
  statementTimeoutMs: 30_000,
}

/** Finds out how many connections there may be to so many databases. */
export function maxConnections(maxTotal: number | null, databaseCount: number): number {
  return maxTotal ?? Math.max(200, databaseCount * connectionsPerDatabase)
}

/** Time between pings of a WebSocket (milliseconds). A half-open one ends within twice that. */
export const defaultSocketPingMs = 12_000

export const defaultJwt = {
  /** How far the clocks of an issuer and the gateway may differ (seconds). */
  clockToleranceSeconds: 5,
  /** Claim of a token that lists its grants. */
  grantsClaim: 'pgq',
}
