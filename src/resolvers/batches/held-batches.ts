import type { Int8 } from '../../int8.ts'
import type { BatchRow, NextBatchInput } from './open-batch.ts'

/** End of a hold: settled or lost, perhaps with the next batch; `silent` when the worker did not touch it in time. */
export type Ending = { next: BatchRow | undefined } | 'silent'

/** A batch that a stream of this process holds under a lease. */
export interface HeldBatch {
  readonly batchId: Int8
  readonly token: string
  /** Input of the next batch, which the settlement opens; undefined for a member of a cooperative consumer. */
  readonly next: { readonly input: NextBatchInput; readonly streamId: string } | undefined
  /** Called once at the end, unless the batch is let go. */
  onEnd(ending: Ending): void
}

/**
 * Holds the batches of this process's streams, by lease. After a takeover within one process two streams hold the
 * same batch, and only one of the leases is valid.
 */
export class HeldBatches<Held extends HeldBatch = HeldBatch> implements Iterable<Held> {
  readonly #byToken = new Map<string, Held>()
  readonly #byBatch = new Map<Int8, Set<Held>>()

  get size(): number {
    return this.#byToken.size
  }

  hold(batch: Held): void {
    this.#byToken.set(batch.token, batch)
    const ofBatch = this.#byBatch.get(batch.batchId)
    if (ofBatch) ofBatch.add(batch)
    else this.#byBatch.set(batch.batchId, new Set([batch]))
  }

  /** Forgets the hold without telling its stream. @returns False where it has ended already. */
  letGo(batch: Held): boolean {
    if (this.#byToken.get(batch.token) !== batch) return false
    this.#byToken.delete(batch.token)
    const ofBatch = this.#byBatch.get(batch.batchId)
    ofBatch?.delete(batch)
    if (ofBatch?.size === 0) this.#byBatch.delete(batch.batchId)
    return true
  }

  /** Ends the hold and tells its stream. Harmless where it has ended already. */
  end(batch: Held, ending: Ending): void {
    if (this.letGo(batch)) batch.onEnd(ending)
  }

  find(token: string): Held | undefined {
    return this.#byToken.get(token)
  }

  /** Finds all holds on a batch: more than one where it was taken over within this process. */
  ofBatch(batchId: Int8): readonly Held[] {
    return [...(this.#byBatch.get(batchId) ?? [])]
  }

  [Symbol.iterator](): IterableIterator<Held> {
    return this.#byToken.values()
  }
}
