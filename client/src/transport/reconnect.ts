import { retryDelayMs, sleep } from '../backoff.ts'
import { mayPass, PgqClientError, RefusedToken } from '../errors.ts'

export interface ReconnectOptions<Value> {
  /** Opens the stream. `isReconnect` is true from the second time on. */
  connect(isReconnect: boolean): AsyncIterable<Value>
  /** Ends the iteration without an error when aborted. */
  signal: AbortSignal
  /** Is called when the stream broke; it is opened again after this delay. */
  onLost?: ((error: PgqClientError, retryInMs: number) => void) | undefined
}

/** A token that ends sooner than this on a stream, and not for the first time, is as one that is refused. */
const MIN_ACCEPTED_MS = 100

/**
 * Opens a stream again whenever it breaks, or the server completes it, as it does when it shuts down; at once where its
 * token has ended.
 *
 * @throws PgqClientError when waiting would not help, such as QUEUE_NOT_FOUND.
 */
export async function* reconnecting<Value>(options: ReconnectOptions<Value>): AsyncGenerator<Value, void> {
  const { connect, signal, onLost } = options
  let failures = 0
  for (let isReconnect = false; !signal.aborted; isReconnect = true) {
    let lost = new PgqClientError('UNAVAILABLE', 'The server ended the stream')
    try {
      for await (const value of connect(isReconnect)) {
        failures = 0
        yield value
        if (signal.aborted) return
      }
    } catch (error) {
      if (signal.aborted) return
      if (!mayPass(error)) throw error
      if (error instanceof RefusedToken && error.acceptedMs > (failures === 0 ? 0 : MIN_ACCEPTED_MS)) {
        failures = error.acceptedMs > MIN_ACCEPTED_MS ? 0 : 1
        continue
      }
      lost = error
    }
    const retryInMs = retryDelayMs(lost, failures++)
    onLost?.(lost, retryInMs)
    await sleep(retryInMs, signal)
  }
}
