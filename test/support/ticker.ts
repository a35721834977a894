import type { Logger } from 'pino'
import { Presence } from '../../src/database/presence.ts'
import type { Database } from '../../src/postgres/database.ts'
import { Ticker, type TickerOptions, type TickerStatus } from '../../src/ticker/ticker.ts'

export interface RunningTicker {
  readonly ticker: Ticker
  readonly status: TickerStatus
  readonly isReady: boolean
  /** Resolves when no connection is left. */
  stop(): Promise<void>
}

/** Ticks a database on a session of its own, as a `LiveDatabase` does, without all else that one does. */
export function startTicker(
  database: Database,
  { logger, options }: { logger?: Logger; options?: TickerOptions } = {},
): RunningTicker {
  const ticker = new Ticker({ database, ...(logger && { logger }), ...(options && { options }) })
  const presence = new Presence(
    database,
    (session, signal) => ticker.run(session, signal),
    ticker.sessionLimits,
  )
  let isStopping = false
  presence.on('absent', (reason) => {
    if (!isStopping) ticker.disconnected(reason)
  })
  presence.start()
  return {
    ticker,
    get status() {
      return ticker.status
    },
    get isReady() {
      return ticker.isReady
    },
    async stop() {
      isStopping = true
      await presence.stop()
      ticker.stopped()
    },
  }
}
