/** One question to an engine about its behaviour, asked through SQL alone. */
export interface ConformanceCase {
  /** Stable: `topic/claim-in-words`. The recorded answers are found by it. */
  id: string
  /** SQL texts, run one after the other; each has one answer. `name: sql` runs on a further connection of that name. */
  steps: string[]
  /** Why ours answers differently on purpose: the pitfall's number and what is better. */
  departure?: string
}

/** A queue `q` that ticks at every call of the ticker. */
export const queue = [
  "select pgq.create_queue('q')",
  "update pgq.queue set queue_ticker_max_lag = '0', queue_ticker_idle_period = '0'",
]

/** The same with a consumer `c`. */
export const subscribed = [...queue, "select pgq.register_consumer('q', 'c')"]

/** The same with two events that wait in an open batch, number 1. */
export const opened = [
  ...subscribed,
  "select pgq.insert_event('q', 'type', 'one')",
  "select pgq.insert_event('q', 'type', 'two', 'e1', 'e2', 'e3', 'e4')",
  "select pgq.ticker('q')",
  "select pgq.next_batch('q', 'c')",
]

export const tick = "select pgq.ticker('q')"
export const next = "select pgq.next_batch('q', 'c')"
export const events = (batch: number | string) =>
  `select ev_id, ev_retry, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4 from pgq.get_batch_events(${batch})`
export const subscriptions = `select co_name, sub_id, sub_last_tick, sub_batch, sub_next_tick
  from pgq.subscription join pgq.consumer on co_id = sub_consumer order by co_name`
