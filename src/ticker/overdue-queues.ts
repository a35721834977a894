import type { Int8 } from '../int8.ts'

/** A row of `pgq_gateway.due_queues`. */
export interface DueQueue {
  queue_id: number
  queue_name: string
  /** Newest tick; null when there is none. */
  tick_id: Int8 | null
  /** Time since the next tick was due; null where that is not known. */
  late_ms: number | null
}

/** A queue is overdue when its tick is so late (milliseconds). */
const OVERDUE_MS = 10_000
/**
 * It must have been due for so long without a tick between looks: after an outage, or when the database's clock was set,
 * queues are late only until the ticker is at them (milliseconds).
 */
const UNTICKED_MS = 3_000

/** Tells from successive looks which queues are due and not ticked. */
export class OverdueQueues {
  #due = new Map<number, { tickId: Int8 | null; sinceMs: number }>()
  /** Whether a queue that is late may soon be overdue. */
  hasSuspects = false

  /** Takes a look at all queues. @returns Those that are overdue. */
  look(rows: readonly DueQueue[], nowMs: number): DueQueue[] {
    const before = this.#due
    this.#due = new Map()
    this.hasSuspects = false
    return rows.filter(({ queue_id, tick_id, late_ms }) => {
      const seen = before.get(queue_id)
      const sinceMs = seen && seen.tickId === tick_id ? seen.sinceMs : nowMs
      this.#due.set(queue_id, { tickId: tick_id, sinceMs })
      if (late_ms !== null) this.hasSuspects = true
      const untickedMs = nowMs - sinceMs
      return untickedMs >= UNTICKED_MS && Math.max(untickedMs, late_ms ?? 0) >= OVERDUE_MS
    })
  }
}
