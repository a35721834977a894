import { linkedController } from '../abort.ts'
import { retryDelayMs, sleep } from '../backoff.ts'
import { hasCode, isTransient, PgqClientError } from '../errors.ts'
import { TouchBatchDocument } from '../generated/operations.ts'
import { startInterval, type Timer } from '../timer.ts'
import type { Tracing } from '../tracing.ts'
import type { Transport } from '../transport/transport.ts'
import { Settlement } from './settlement.ts'
import type { Outcome } from './settlement-parts.ts'

export interface LeaseOptions {
  transport: Transport
  database: string
  batchId: string
  token: string | null
  /** Signs of life are promised to the server at least this often; null for none. */
  heartbeatSeconds: number | null
  /** Gives up when aborted, and leaves the batch open. */
  signal: AbortSignal
  /** Is called when the server cannot be reached to settle the batch, which is tried again after this delay. */
  onLost: (error: PgqClientError, retryInMs: number) => void
}

/** Several signs of life fit in the time, so that one that is late or lost does no harm. */
const BEATS_PER_HEARTBEAT = 3

/** A refused token is given this long to be replaced: this worker's own reconnect may have opened the batch anew. */
const ADOPTION_MS = 1_000

/**
 * A lease is the right to settle a batch. Its states: held → settling → settled, or lost at any time before that.
 *
 * After a reconnect the server opens the same batch anew under another token. The work goes on then, and settles with
 * the newest token.
 */
export class Lease {
  readonly batchId: string
  readonly #options: LeaseOptions
  readonly #ending = new AbortController()
  readonly #settlement: Settlement
  readonly #follow: () => void
  #token: string | null
  #heartbeat: Timer
  /** The token of the last sign of life that was refused. */
  #refusedToken: string | null | undefined
  #onAdopted = () => {}
  #state: 'held' | 'settling' | 'settled' | 'lost' = 'held'

  constructor(options: LeaseOptions) {
    this.#options = options
    this.batchId = options.batchId
    this.#settlement = new Settlement(options)
    this.#token = options.token
    this.#follow = () => {
      clearInterval(this.#heartbeat)
      this.#ending.abort(options.signal.reason)
    }
    if (options.signal.aborted) this.#follow()
    else {
      options.signal.addEventListener('abort', this.#follow)
      this.#startHeartbeat()
    }
  }

  /** Is aborted when the lease is lost or given up. */
  get signal(): AbortSignal {
    return this.#ending.signal
  }

  get tracing(): Tracing | undefined {
    return this.#options.transport.tracing
  }

  get isHeld(): boolean {
    return this.#state === 'held' || this.#state === 'settling'
  }

  get isLost(): boolean {
    return this.#state === 'lost'
  }

  adopt(token: string | null): void {
    this.#token = token
    this.#onAdopted()
  }

  /** Notes that the server has gone on to another batch, which is expected only while this one is being settled. */
  superseded(): void {
    if (this.#state === 'held') this.lose(staleLease())
  }

  lose(error: PgqClientError): void {
    if (!this.isHeld) return
    this.#end('lost')
    this.#ending.abort(error)
  }

  /** @throws PgqClientError `STALE_LEASE` when it is lost; the input's own errors, after which it is still held. */
  async settle(outcome: Outcome): Promise<void> {
    const { onLost, signal } = this.#options
    if (this.#state === 'lost') throw staleLease()
    if (this.#state === 'settled') return
    this.#state = 'settling'
    for (let failures = 0; ; ) {
      const leaseToken = this.#token
      try {
        await this.#settlement.settle(outcome, leaseToken, signal)
        this.#end('settled')
        return
      } catch (error) {
        if (signal.aborted) throw error
        if (hasCode(error, 'STALE_LEASE')) {
          await this.#adoption(leaseToken)
          signal.throwIfAborted()
          if (this.#token !== leaseToken) continue
          this.lose(error)
          throw error
        }
        if (!isTransient(error)) {
          this.#state = 'held'
          throw error
        }
        const retryInMs = retryDelayMs(error, failures++)
        onLost(error, retryInMs)
        await sleep(retryInMs, signal)
        signal.throwIfAborted()
      }
    }
  }

  /** Resolves when there is another token than this one, or when none has come in time. */
  async #adoption(token: string | null): Promise<void> {
    if (this.#token !== token) return
    const over = linkedController(this.#options.signal)
    this.#onAdopted = () => over.abort()
    await sleep(ADOPTION_MS, over.signal)
    this.#onAdopted = () => {}
    over.unlink()
  }

  #startHeartbeat(): void {
    const { heartbeatSeconds } = this.#options
    if (heartbeatSeconds === null) return
    const intervalMs = (heartbeatSeconds * 1_000) / BEATS_PER_HEARTBEAT
    this.#heartbeat = startInterval(() => void this.#touch(), intervalMs)
  }

  async #touch(): Promise<void> {
    const { transport, database } = this.#options
    const leaseToken = this.#token
    try {
      const input = { database, batchId: this.batchId, leaseToken }
      await transport.request(TouchBatchDocument, { input }, this.signal)
    } catch (error) {
      // The stream tells of all other errors of the connection.
      if (!hasCode(error, 'STALE_LEASE') || this.#state !== 'held' || this.#token !== leaseToken) return
      // The first refusal may come from this worker's own reconnect, whose token is on the way.
      if (this.#refusedToken === leaseToken) this.lose(error)
      this.#refusedToken = leaseToken
    }
  }

  #end(state: 'settled' | 'lost'): void {
    clearInterval(this.#heartbeat)
    this.#state = state
    this.#options.signal.removeEventListener('abort', this.#follow)
  }
}

function staleLease(): PgqClientError {
  return new PgqClientError('STALE_LEASE', 'Another worker has this batch now; drop what was done with it')
}
