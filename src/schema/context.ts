import type { Realtime } from '../pubsub/realtime.ts'
import type { Context } from '../resolvers/context.ts'

/** State of the ticker that this process runs for a database; `OFF` where it runs none. */
export type TickerState = 'OFF' | 'STARTING' | 'LEADING' | 'STANDBY' | 'STOPPED'

export interface TickerStatus {
  state: TickerState
  /** Ticks come from another program too, such as pgqd. */
  foreignTicker: boolean
  /** What the ticker last failed with; null when it is well. */
  lastError: string | null
}

/** What the schema's fields are given: the resolvers' context, the live streams and the state of the tickers. */
export interface SchemaContext extends Context {
  readonly realtime: Realtime
  tickerStatus(database: string): TickerStatus
}
