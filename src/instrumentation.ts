import type { ErrorCode } from './errors.ts'

/** What carries the messages of a subscription; `embedded` where another server executes the operations. */
export type Transport = 'sse' | 'websocket' | 'embedded'

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
  /**
   * A field of a mutation was executed, or refused by grants or limits; `code` is null where it succeeded. It has no
   * payloads and no secrets. What its input does not name is null.
   */
  mutation?(event: {
    caller: string
    /** Address of the client; null where another server executes the schema. */
    client: string | null
    /** Its `X-Request-Id`, or a fresh id; on a WebSocket that of the upgrade. */
    requestId: string | null
    mutation: string
    database: string | null
    queue: string | null
    consumer: string | null
    batchId: string | null
    durationMs: number
    code: ErrorCode | null
    /** Number of dead letters that a job has settled; given once, at its end, and besides the mutation that has begun it. */
    affected?: number
  }): void
  /** A subscription was opened or has ended. `kind` is its field, such as `tail`. */
  stream?(event: {
    state: 'opened' | 'ended'
    name: string | null
    caller: string
    kind: string
    transport: Transport
  }): void
  /** A message of a subscription was handed to its transport. */
  delivery?(event: {
    name: string | null
    caller: string
    kind: string
    /** Time of the tick that the message is of; null for what is of none. */
    tickTime: string | null
    /** Whether it tells of a part of the log that is gone. */
    isGap: boolean
  }): void
  /** A tick was announced by a notice, or found by reading the tick table. */
  tick?(event: { database: string; queue: string; tickId: string }): void
  /** A stream has opened a batch; then the batch was settled through this gateway, or its hold has `ended` otherwise. */
  lease?(event: { database: string; batchId: string; state: 'opened' | 'settled' | 'ended' }): void
  /** A long-lived connection was made or lost. */
  connection?(event: { database: string; purpose: 'listen' | 'presence'; state: 'made' | 'lost' }): void
}
