import type { TickerState, TickerStatus } from '../schema/context.ts'
import type { Ticker } from '../ticker/ticker.ts'

/** A ticker as the API shows it. */
export function tickerStatus(ticker: Ticker | undefined): TickerStatus {
  if (!ticker) return { state: 'OFF', foreignTicker: false, lastError: null }
  const { state, foreignTicker, lastError } = ticker.status
  return { state: state.toUpperCase() as TickerState, foreignTicker, lastError: lastError ?? null }
}
