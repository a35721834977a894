import { type Blocker, blockerInWords, type Trouble, troubleOfQueue } from './troubles.ts'

/** A queue of the API, as lists of queues ask for it. */
export interface QueueRow {
  name: string
  currentEventsPerSecond: number
  newEvents: string | null
  retryCount: string
  deadLetterCount: string
  tickerLagSeconds: number | null
  tickOverdueSeconds: number | null
  tickerPaused: boolean
  rotationBlocker: Blocker | null
}

/** Selects the fields of a `QueueRow`. */
export const queueSelection = `name currentEventsPerSecond newEvents retryCount deadLetterCount tickerLagSeconds
    tickOverdueSeconds tickerPaused rotationBlocker { kind consumer { name } }`

export function troubleOfQueueRow({ rotationBlocker, ...queue }: QueueRow): Trouble | null {
  return troubleOfQueue({ ...queue, rotationBlockedBy: blockerInWords(rotationBlocker) })
}
