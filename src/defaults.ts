/** What holds where nobody says otherwise, for the library and the command line alike. */
export const defaultLimits = {
  /** Largest `first` or `last` of a connection. */
  maxPageSize: 1_000,
  /** Events on one page of a batch. */
  maxEventsPerPage: 10_000,
  /** Events that `Batch.events` and a `tail` message hold at the most; a larger batch is read in pages. */
  maxBatchEvents: 10_000,
  /** Events in one `insertEvents`, `finishBatch.publish`, or retries and failures in one `finishBatch`. */
  maxEventsPerRequest: 10_000,
  /** Largest body of a request, and largest WebSocket message. Bytes. */
  maxRequestBytes: 8 * 1024 * 1024,
  /** Aliases in one GraphQL document. */
  maxAliases: 100,
  /** Nesting of selections in one GraphQL document. */
  maxDepth: 16,
  /** Tokens in one GraphQL document. */
  maxTokens: 10_000,
}

export const defaultConnections = {
  /** Largest pool of each of the roles reader, writer and admin, per database. */
  maxPerRole: 10,
  /** The server cancels a statement after this. Milliseconds. */
  statementTimeoutMs: 30_000,
}

/** Between pings of a WebSocket. Milliseconds; one that is half-open ends within twice that. */
export const defaultSocketPingMs = 12_000
