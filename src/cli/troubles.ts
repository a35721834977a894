import { countOf } from '../count-of.ts'
import { formatSeconds } from '../duration.ts'
import type { Tone } from './paint.ts'

/** What is wrong with a queue or a consumer, in a few words. */
export interface Trouble {
  tone: Extract<Tone, 'bad' | 'warning'>
  words: string
}

/** Age of an unfinished event, or of an open batch, from which it counts as wrong (seconds). */
export const TOO_LONG_SECONDS = 60

/** A blocker of rotation, as the API names it. */
export interface Blocker {
  kind: string
  consumer: { name: string } | null
}

/** Says who blocks the rotation of a queue: a consumer's name, or a transaction. Null for what only waits for the next ticks. */
export function blockerInWords(blocker: Blocker | null): string | null {
  if (blocker === null || blocker.kind === 'NO_TICK') return null
  if (blocker.kind === 'LONG_TRANSACTION') return 'a long transaction'
  if (blocker.kind === 'PREPARED_TRANSACTION') return 'a prepared transaction'
  return blocker.consumer?.name ?? 'a consumer'
}

interface QueueFacts {
  tickOverdueSeconds: number | null
  tickerPaused: boolean
  newEvents: string | null
  rotationBlockedBy: string | null
  deadLetterCount: string | null
}

/** Finds the worst that is wrong with a queue itself; null where nothing is. */
export function troubleOfQueue(queue: QueueFacts): Trouble | null {
  const { tickOverdueSeconds, tickerPaused, newEvents, rotationBlockedBy, deadLetterCount } = queue
  if (tickOverdueSeconds !== null)
    return { tone: 'bad', words: `tick overdue ${formatSeconds(tickOverdueSeconds)}` }
  if (tickerPaused && isSome(newEvents))
    return { tone: 'bad', words: `paused, ${countOf(newEvents, 'event')} waiting` }
  if (rotationBlockedBy !== null) return { tone: 'bad', words: `rotation blocked by ${rotationBlockedBy}` }
  if (isSome(deadLetterCount)) return { tone: 'warning', words: countOf(deadLetterCount, 'dead letter') }
  return null
}

interface ConsumerFacts {
  connected: boolean | null
  oldestPendingSeconds: number | null
  openBatchSeconds: number | null
}

/** Finds the worst that is wrong with a consumer; null where nothing is. */
export function troubleOfConsumer(consumer: ConsumerFacts): Trouble | null {
  const { connected, oldestPendingSeconds, openBatchSeconds } = consumer
  if (oldestPendingSeconds === null || oldestPendingSeconds < TOO_LONG_SECONDS) return null
  if (openBatchSeconds !== null && openBatchSeconds >= TOO_LONG_SECONDS)
    return { tone: 'bad', words: `batch open for ${formatSeconds(openBatchSeconds)}` }
  return { tone: 'bad', words: connected === false ? 'no stream has it' : 'it is behind' }
}

/** Orders by how bad things are, the worst first, and leaves the rest as it is. */
export function worstFirst<Row>(rows: readonly Row[], troubleOf: (row: Row) => Trouble | null): Row[] {
  return [...rows].sort((a, b) => badness(troubleOf(b)) - badness(troubleOf(a)))
}

export function badness(trouble: Trouble | null): number {
  return trouble === null ? 0 : trouble.tone === 'warning' ? 1 : 2
}

/** Says how far a consumer is behind, by the age of its oldest unfinished event. */
export function lagInWords(oldestPendingSeconds: number | null): string {
  return oldestPendingSeconds === null ? 'up to date' : `${formatSeconds(oldestPendingSeconds)} behind`
}

export function toneOfLag(oldestPendingSeconds: number | null): Tone | null {
  return oldestPendingSeconds !== null && oldestPendingSeconds >= TOO_LONG_SECONDS ? 'bad' : null
}

export function isSome(count: string | null): count is string {
  return count !== null && count !== '0'
}
