/** From when on something counts as wrong. */
export interface Thresholds {
  /** Age of a transaction. */
  longTransactionSeconds: number
  /** Age of a consumer's oldest event that is not finished. */
  behindSeconds: number
  /** For how long a retried event may be due. */
  overdueRetrySeconds: number
  /** Number of events of a queue in the retry queue. */
  retryCount: number
  /** Shares of what there is, from 0 to 1. */
  notifyUsage: number
  connections: number
  clockSeconds: number
}

export const defaultThresholds: Thresholds = {
  longTransactionSeconds: 300,
  behindSeconds: 60,
  overdueRetrySeconds: 120,
  retryCount: 10_000,
  notifyUsage: 0.25,
  connections: 0.85,
  clockSeconds: 2,
}
