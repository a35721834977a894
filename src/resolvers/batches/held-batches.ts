import type { Int8 } from '../../int8.ts'
import type { BatchRow, NextBatchInput } from './open-batch.ts'

/**
 * How the hold on a batch has ended: it was settled through this process, perhaps with the next batch opened along with
 * it; it was settled or lost `elsewhere`; or its worker was `silent` for too long.
 */
export type Ending = { next: BatchRow | undefined } | 'elsewhere' | 'silent'

/** A batch that a stream of this process holds under a lease. */
export interface HeldBatch {
  readonly batchId: Int8
  readonly token: string
  /** Input of the next batch, which the settlement opens; undefined for a member of a cooperative consumer. */
  readonly next: { readonly input: NextBatchInput; readonly streamId: string } | undefined
  /** A member that holds it counts as dead after this much silence. */
  readonly deadIntervalMs: number
  /** The worker must touch its batch at least this often; infinite where its connection alone counts. */
  readonly maxSilenceMs: number
  /** Called once at the end, unless the batch is let go. */
  onEnd(ending: Ending): void
}

/** Hears of the holds on batches. */
export interface HoldObserver {
  onHold(batch: HeldBatch): void
  /** @param ending Undefined where the batch was let go. */
  onOver(batch: HeldBatch, ending: Ending | undefined): void
  /** The batch may have been settled or lost: somebody should ask. */
  onDoubt(batchId: Int8): void
}

/**
 * Holds the batches of this process's streams, by lease. After a takeover within one process two streams hold the
 * same batch, and only one of the leases is valid.
 */
export class HeldBatches implements Iterable<HeldBatch> {
  readonly #byToken = new Map<string, HeldBatch>()
  readonly #byBatch = new Map<Int8, Set<HeldBatch>>()
  #observer: HoldObserver | undefined

  get size(): number {
    return this.#byToken.size
  }

  /** Has one observer hear of every hold from now on. */
  observe(observer: HoldObserver): void {
    this.#observer = observer
  }

  hold(batch: HeldBatch): void {
    this.#byToken.set(batch.token, batch)
    const ofBatch = this.#byBatch.get(batch.batchId)
    if (ofBatch) ofBatch.add(batch)
    else this.#byBatch.set(batch.batchId, new Set([batch]))
    this.#observer?.onHold(batch)
  }

  /** Forgets the hold without telling its stream. Harmless where it is over already. */
  letGo(batch: HeldBatch): void {
    if (this.#remove(batch)) this.#observer?.onOver(batch, undefined)
  }

  /** Ends the hold and tells its stream. Harmless where it is over already. */
  end(batch: HeldBatch, ending: Ending): void {
    if (!this.#remove(batch)) return
    this.#observer?.onOver(batch, ending)
    batch.onEnd(ending)
  }

  /** Says that a batch may have been settled or lost, as after a reply that was lost. */
  doubt(batchId: Int8): void {
    if (this.#byBatch.has(batchId)) this.#observer?.onDoubt(batchId)
  }

  find(token: string): HeldBatch | undefined {
    return this.#byToken.get(token)
  }

  /** Lists all holds on a batch: more than one where it was taken over within this process. */
  ofBatch(batchId: Int8): readonly HeldBatch[] {
    return [...(this.#byBatch.get(batchId) ?? [])]
  }

  [Symbol.iterator](): IterableIterator<HeldBatch> {
    return this.#byToken.values()
  }

  #remove(batch: HeldBatch): boolean {
    if (this.#byToken.get(batch.token) !== batch) return false
    this.#byToken.delete(batch.token)
    const ofBatch = this.#byBatch.get(batch.batchId)
    ofBatch?.delete(batch)
    if (ofBatch?.size === 0) this.#byBatch.delete(batch.batchId)
    return true
  }
}
