/** What one request may ask of the gateway. */
export interface Limits {
  /** Largest `first` or `last` of a connection. */
  maxPageSize: number
  /** Events on one page of a batch. */
  maxEventsPerPage: number
  /** Events that `Batch.events` and a `tail` message hold at the most; a larger batch is read in pages. */
  maxBatchEvents: number
  /** Events in one `insertEvents`, `finishBatch.publish`, or retries and failures in one `finishBatch`. */
  maxEventsPerRequest: number
}

export const defaultLimits = {
  maxPageSize: 1_000,
  maxEventsPerPage: 10_000,
  maxBatchEvents: 10_000,
  maxEventsPerRequest: 10_000,
} satisfies Limits
