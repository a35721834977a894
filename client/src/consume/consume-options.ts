import type { ConsumeProblem } from './problem.ts'
import type { RetryOptions } from './retry-policy.ts'

export interface ConsumeOptions {
  /** The consumer's name. Two workers must not share it, unless one stands by; members of a cooperative consumer do. */
  consumer: string
  /** Consumes as this member of a cooperative consumer: each batch goes to one member. */
  subconsumer?: string | undefined
  /** Gathers ticks until there are this many events, or `minIntervalSeconds` have passed. From 0. */
  minCount?: number | undefined
  /** Gathers ticks until the batch spans this long, or has `minCount` events. From 0. */
  minIntervalSeconds?: number | undefined
  /** Leaves a tick alone until it is this old. From 0. */
  minLagSeconds?: number | undefined
  /** A member whose connection is gone loses its batch to the group after this. From 1; the server's default is 30. */
  deadIntervalSeconds?: number | undefined
  /**
   * The server gives a batch that is open for this long without a sign of life to another worker. The client sends the
   * signs by itself, three in that time; a handler that blocks the event loop longer loses its batch. This matters over
   * SSE, which does not tell when a worker is gone. From 1, default 30; null or Infinity for none.
   */
  heartbeatSeconds?: number | null | undefined
  /** Waits while another worker consumes, and takes over from it. Default false: that is CONSUMER_BUSY then. */
  standby?: boolean | undefined
  /** Registers a consumer that is missing. Default true. The server registers a member in any case. */
  register?: boolean | undefined
  /** The number of events to ask for at once: at most, and by default, the server's limit. */
  pageSize?: number | undefined
  /**
   * Says when an event whose handler throws is delivered again, and how often. It also says how often a batch is worked
   * on that the server refuses to settle, such as one with more retries than it takes. Without effect on `batches`.
   */
  retries?: RetryOptions | undefined
  /** Stops when aborted. */
  signal?: AbortSignal | undefined
  /**
   * Is told of lost connections, handlers that throw and lost batches, and of what ends the consumer. Default: print
   * it.
   */
  onProblem?: ((problem: ConsumeProblem) => void) | undefined
}
