import type { FindingCheck } from '../generated/operations.ts'

/** What the doctor looks for, in few words. Where it finds nothing, each is well. */
export const checks: Readonly<Record<Exclude<FindingCheck, 'UNREACHABLE'>, string>> = {
  NO_TICKER: 'Somebody makes ticks',
  TWO_TICKERS: 'Nobody else makes them too',
  TICK_OVERDUE: 'No queue waits for its tick',
  TICKER_PAUSED: 'No queue is paused',
  TICKER_EXTERNAL: 'No queue needs ticks from outside',
  ROTATION_BLOCKED: 'Nothing blocks rotation',
  CONSUMER_BEHIND: 'No consumer is a minute behind',
  RETRIES_OVERDUE: 'Retries come back in time',
  RETRIES_GROWING: 'Few events wait for a retry',
  DEAD_LETTERS: 'There are no dead letters',
  QUEUE_DISABLED: 'All queues take events',
  QUEUE_DAMAGED: 'No queue has lost a part',
  LONG_TRANSACTION: 'No transaction stays open',
  PREPARED_TRANSACTION: 'No prepared transaction is left',
  NOT_LISTENING: 'Notices of ticks arrive',
  NOTIFY_QUEUE: 'The queue of notices has room',
  TICK_TRIGGER: 'Ticks are announced',
  SCHEMA: 'The schemas are of this version',
  SEARCH_PATH: 'Functions pin their search path',
  PRIVILEGES: 'The login may do what it must',
  CONNECTIONS: 'There are connections left',
  AUTOVACUUM: 'Autovacuum is at work',
  TRANSACTION_IDS: 'Transaction ids are frozen in time',
  CLOCK: 'The clocks agree',
}
