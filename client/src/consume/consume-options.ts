import type { ConsumeProblem } from './problem.ts'

export interface ConsumeOptions {
  /** Two workers must not share it, unless one stands by; the members of a cooperative consumer do. */
  consumer: string
  /** Consume as this member of a cooperative consumer: each batch goes to one member. */
  subconsumer?: string | undefined
  /** Gather ticks until there are this many events, or `minIntervalSeconds` have passed. */
  minCount?: number | undefined
  /** Gather ticks until the batch spans this long, or has `minCount` events. */
  minIntervalSeconds?: number | undefined
  /** The batch's closing tick must be this old. */
  minLagSeconds?: number | undefined
  /** A member whose connection is gone loses its batch to the group after this. From 1; the server's default is 30. */
  deadIntervalSeconds?: number | undefined
  /**
   * Over SSE, which does not tell when this worker is gone without a goodbye: the server then gives a batch that is open
   * for this long without a sign of life to another worker. The client gives the signs by itself, three in that time; a
   * handler that blocks the event loop longer loses its batch. From 1, default 30; null for none.
   */
  heartbeatSeconds?: number | null | undefined
  /** Wait while another worker consumes, and take over from it; else that is CONSUMER_BUSY. Default false. */
  standby?: boolean | undefined
  /** Register what is missing. Default true. The server registers a member in any case. */
  register?: boolean | undefined
  /** Events to ask for at once: at most, and by default, the server's limit. */
  pageSize?: number | undefined
  /** Stops when aborted. */
  signal?: AbortSignal | undefined
  /** What a consumer survives: lost connections, handlers that throw, batches lost; and what ends it. Printed by default. */
  onProblem?: ((problem: ConsumeProblem) => void) | undefined
}
