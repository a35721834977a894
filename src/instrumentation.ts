import type { ErrorCode } from './errors.ts'

/**
 * Receives what a gateway does, as it happens; for metrics, tracing and audit logs. Each method is called
 * synchronously and must neither throw nor block; an absent one costs a single comparison. Durations are
 * milliseconds.
 */
export interface Instrumentation {
  /** A SQL statement was answered; `code` is null where it succeeded. */
  statement?(event: {
    database: string
    name: string
    role: string
    durationMs: number
    code: ErrorCode | null
  }): void
  /** A query or mutation was answered, with the codes of its errors. */
  operation?(event: {
    type: string
    name: string | null
    caller: string
    durationMs: number
    codes: readonly string[]
  }): void
  /** A subscription was opened or has ended. */
  stream?(event: { state: 'opened' | 'ended'; name: string | null; caller: string }): void
  /** A message of a subscription was handed to its transport. */
  delivery?(event: { name: string | null; caller: string }): void
  /** A tick was announced by a notice, or found by reading the tick table. */
  tick?(event: { database: string; queue: string; tickId: string }): void
  /** A stream has opened a batch; then the batch was settled through this gateway, or its hold has `ended` otherwise. */
  lease?(event: { database: string; batchId: string; state: 'opened' | 'settled' | 'ended' }): void
  /** A long-lived connection was made or lost. */
  connection?(event: { database: string; purpose: 'listen' | 'presence'; state: 'made' | 'lost' }): void
}
