import type { Database } from '../postgres/database.ts'
import type { TickFeed } from '../pubsub/ticks/tick-feed.ts'
import type { TickWatch } from '../ticker/tick-watch.ts'
import type { Ticker } from '../ticker/ticker.ts'
import type { Installation } from './installation.ts'
import type { NumberingWatch } from './numbering-watch.ts'
import type { Presence } from './presence.ts'

/** Readiness of one database. */
export interface DatabaseHealth {
  name: string
  /** Whether the gateway is ready only with it. */
  required: boolean
  /** Whether PgQ is installed and the gateway has connected. */
  installed: boolean
  /** Whether ticks are announced as they are made. */
  listening: boolean
  /** Whether the ticker leads or stands by; null where this process runs none. */
  ticker: boolean | null
  /** Why this database is not ready; empty where it is. */
  reasons: string[]
  /** What fails while the gateway is ready: queues that do not get on, while others do. */
  warnings: string[]
}

/** The parts of a database that say how they are. */
interface HealthParts {
  database: Database
  isRequired: boolean
  feed: TickFeed
  /** Undefined where this process does not tick the database. */
  ticker: Ticker | undefined
  tickWatch: TickWatch
  numbering: NumberingWatch
  installation: Installation
  presence: Presence
}

/** Says how a database is, and why it is not ready. What follows from another reason is no reason. */
export function healthOf(parts: HealthParts): DatabaseHealth {
  const { database, feed, tickWatch, numbering, installation, presence } = parts
  const installed = database.isReady
  const listening = feed.isListening
  const ticker = parts.ticker ? parts.ticker.isReady : null
  const reasons = tickWatch.reasons
  if (numbering.reason !== null) reasons.push(numbering.reason)
  const away = database.outages.reason
  const { failure } = installation
  if (away !== null) reasons.push(`the database cannot be reached: ${away}`)
  else if (!installed) reasons.push(`the database is not ready for use${failure ? `: ${failure}` : ''}`)
  else if (!feed.isLive) reasons.push('ticks are not announced')
  if (reasons.length === 0 && ticker === false) reasons.push('the ticker neither leads nor stands by')
  if (reasons.length === 0 && !presence.isPresent) reasons.push('no sign of life reaches the database')
  const { name } = database
  const { warnings } = tickWatch
  return { name, required: parts.isRequired, installed, listening, ticker, reasons, warnings }
}
