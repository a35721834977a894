/** One question to an engine about its behaviour, asked through SQL alone. */
export interface ConformanceCase {
  /** Stable key of the recorded answers: `topic/claim-in-words`. */
  id: string
  /** SQL texts, run one after the other; each has one answer. `name: sql` runs on a further connection of that name. */
  steps: string[]
  /** Reason why our answer differs on purpose: the pitfall's number and the improvement. */
  departure?: string
}

/** Steps that make a queue `q`, which ticks at every call of the ticker. */
export const queue = [
  "select pgq.create_queue('q')",
  "update pgq.queue set queue_ticker_max_lag = '0', queue_ticker_idle_period = '0'",
]

/** Steps that make queue `q` with a consumer `c`. */
export const subscribed = [...queue, "select pgq.register_consumer('q', 'c')"]

/** Steps that make queue `q` and consumer `c` with two events in an open batch, number 1. */
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
