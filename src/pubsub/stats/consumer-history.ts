import { sleep } from '../../async/backoff.ts'
import type { Int8 } from '../../int8.ts'
import type { Session } from '../../postgres/session.ts'

/** What was true of a consumer at a moment. */
export interface ConsumerSample {
  time: string
  lagSeconds: number
  oldestPendingSeconds: number | null
  pendingEvents: Int8 | null
}

interface SampledRow {
  key: string
  lagSeconds: number
  oldestPendingSeconds: number | null
  pendingEvents: Int8 | null
}

/** All consumers at a moment: the place of each in the lists of figures. NaN stands for null. */
interface Frame {
  atMs: number
  places: ReadonlyMap<string, number>
  figures: Float64Array
}

/** Time between samples (milliseconds), and how many are kept: those of an hour. */
const SAMPLE_MS = 15_000
const MAX_FRAMES = 240
/** Longest history that can be asked for (seconds). */
export const MAX_HISTORY_SECONDS = (SAMPLE_MS * MAX_FRAMES) / 1_000
/** A sample takes no more than this share of the session's time. */
const SAMPLE_SHARE = 0.005
/** Most consumers of which there is a history: 30 MB for an hour. */
const MAX_CONSUMERS = 5_000
/** Time over which the rate is measured by which a consumer catches up (milliseconds). */
const RATE_MS = 120_000

const readAll = `select queue_id || ' ' || consumer_id as key, lag_seconds as "lagSeconds",
    oldest_pending_seconds as "oldestPendingSeconds", pending_events::text as "pendingEvents"
  from pgq_gateway.consumer_info
  join pgq_gateway.consumer_progress(null, null) using (queue_id, consumer_id)
 where main_name is null
 order by queue_id, consumer_id
 limit ${MAX_CONSUMERS}`

/** Keeps what was true of the consumers of a database during the last hour, sampled once for all who ask. */
export class ConsumerHistory {
  #frames: Frame[] = []

  /** Takes samples until the signal or the end of the session. One that fails is left out. */
  async run(session: Session, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !session.isOver) {
      const startedMs = performance.now()
      const rows = await session
        .query<SampledRow>(readAll, [], 'consumer-history')
        .then((answer) => answer.rows)
        .catch(() => null)
      if (rows) this.add(Date.now(), rows)
      const tookMs = performance.now() - startedMs
      await sleep(Math.max(SAMPLE_MS, tookMs / SAMPLE_SHARE), signal)
    }
  }

  /** Adds a sample, and forgets the oldest where there are too many. */
  add(atMs: number, rows: readonly SampledRow[]): void {
    const last = this.#frames.at(-1)?.places
    const isSame = last?.size === rows.length && rows.every(({ key }, place) => last.get(key) === place)
    const figures = new Float64Array(3 * rows.length)
    rows.forEach((row, place) => {
      figures[3 * place] = row.lagSeconds
      figures[3 * place + 1] = row.oldestPendingSeconds ?? Number.NaN
      figures[3 * place + 2] = row.pendingEvents === null ? Number.NaN : Number(row.pendingEvents)
    })
    const places = isSame ? last : new Map(rows.map(({ key }, place) => [key, place]))
    this.#frames.push({ atMs, places, figures })
    if (this.#frames.length > MAX_FRAMES) this.#frames.shift()
  }

  /** Finds the samples of a consumer that are at most so old, oldest first. */
  of({ queueId, consumerId }: { queueId: number; consumerId: number }, seconds: number): ConsumerSample[] {
    const key = `${queueId} ${consumerId}`
    const sinceMs = Date.now() - seconds * 1_000
    return this.#frames.flatMap(({ atMs, places, figures }) => {
      const place = places.get(key)
      if (place === undefined || atMs < sinceMs) return []
      const [lagSeconds = 0, oldest = 0, pending = 0] = figures.subarray(3 * place, 3 * place + 3)
      return [
        {
          time: new Date(atMs).toISOString(),
          lagSeconds,
          oldestPendingSeconds: Number.isNaN(oldest) ? null : oldest,
          pendingEvents: Number.isNaN(pending) ? null : String(pending),
        },
      ]
    })
  }

  /** Says when a consumer will have caught up at the rate of the last two minutes; null where it does not get nearer. */
  catchUpSeconds(consumer: { queueId: number; consumerId: number }): number | null {
    const samples = this.of(consumer, RATE_MS / 1_000)
    const [first, last] = [samples[0], samples.at(-1)]
    if (!first || !last || last.pendingEvents === null || last.pendingEvents === '0') return null
    const seconds = (Date.parse(last.time) - Date.parse(first.time)) / 1_000
    const fewer = Number(first.pendingEvents) - Number(last.pendingEvents)
    return fewer > 0 && seconds > 0 ? (Number(last.pendingEvents) * seconds) / fewer : null
  }
}
