import type { EventInput } from '../generated/operations.ts'
import { type Batch, type FollowUpArguments, toEvents } from './batch.ts'
import type { EventBatch } from './event-handlers.ts'

/** Events that one call publishes into one queue. */
export interface FollowUp {
  queue: string
  events: readonly EventInput[]
}

/** The batch for one event: what it publishes is kept apart until it is clear that it is done. */
export class EventScope implements EventBatch {
  followUps: FollowUp[] = []
  readonly #batch: Batch
  #isOver = false

  constructor(batch: Batch) {
    this.#batch = batch
  }

  get batchId() {
    return this.#batch.batchId
  }
  get queue() {
    return this.#batch.queue
  }
  get consumerName() {
    return this.#batch.consumerName
  }
  get prevTickId() {
    return this.#batch.prevTickId
  }
  get tickId() {
    return this.#batch.tickId
  }
  get startTime() {
    return this.#batch.startTime
  }
  get endTime() {
    return this.#batch.endTime
  }
  get attempt() {
    return this.#batch.attempt
  }
  get signal() {
    return this.#batch.signal
  }

  publish(queue: string, ...given: FollowUpArguments): void {
    if (this.#isOver)
      throw new TypeError('The handler of this event has ended: what it publishes now is lost')
    this.followUps.push({ queue, events: toEvents(given) })
  }

  close(): void {
    this.#isOver = true
  }
}
