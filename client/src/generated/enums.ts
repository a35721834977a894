// Made by `npm run generate:client` from schema.graphql and client/src/documents; do not edit.
/** What becomes of the batch that a leaving member holds. */
export const BatchHandling = {
  /** Its events are dropped. */
  DISCARD: 'DISCARD',
  /** Refuse with BATCH_ACTIVE. */
  FAIL: 'FAIL',
  /** Its events go to the retry queue and reach the group again. */
  RETRY_EVENTS: 'RETRY_EVENTS'
} as const;

export type BatchHandling = typeof BatchHandling[keyof typeof BatchHandling];
export const DeadLetterAction = {
  DELETE: 'DELETE',
  REQUEUE: 'REQUEUE'
} as const;

export type DeadLetterAction = typeof DeadLetterAction[keyof typeof DeadLetterAction];
export const DeadLetterJobState = {
  /** By cancelDeadLetterJob, or since the server shut down. What was done stays done. */
  CANCELLED: 'CANCELLED',
  /** As error tells. What was done stays done; start it again. */
  FAILED: 'FAILED',
  FINISHED: 'FINISHED',
  RUNNING: 'RUNNING'
} as const;

export type DeadLetterJobState = typeof DeadLetterJobState[keyof typeof DeadLetterJobState];
/** What answers the calls of pgq: the PostgreSQL extension, or the SQL engine that comes with this server. */
export const Engine = {
  EXTENSION: 'EXTENSION',
  SQL: 'SQL'
} as const;

export type Engine = typeof Engine[keyof typeof Engine];
/** Which PgQ to install where a database has none. */
export const EngineChoice = {
  /** The extension where the server offers it, else the SQL engine. */
  AUTO: 'AUTO',
  EXTENSION: 'EXTENSION',
  SQL: 'SQL'
} as const;

export type EngineChoice = typeof EngineChoice[keyof typeof EngineChoice];
/** `extensions.code` of every error. */
export const ErrorCode = {
  BAD_INPUT: 'BAD_INPUT',
  BATCH_ACTIVE: 'BATCH_ACTIVE',
  BATCH_NOT_FOUND: 'BATCH_NOT_FOUND',
  BATCH_TOO_LARGE: 'BATCH_TOO_LARGE',
  CONSUMER_BUSY: 'CONSUMER_BUSY',
  CONSUMER_NOT_FOUND: 'CONSUMER_NOT_FOUND',
  EVENT_NOT_FOUND: 'EVENT_NOT_FOUND',
  EXTERNAL_TICKER: 'EXTERNAL_TICKER',
  FORBIDDEN: 'FORBIDDEN',
  INCOMPATIBLE_SCHEMA: 'INCOMPATIBLE_SCHEMA',
  INTERNAL: 'INTERNAL',
  INVALID_PAYLOAD: 'INVALID_PAYLOAD',
  LIMIT_EXCEEDED: 'LIMIT_EXCEEDED',
  NOT_FOUND: 'NOT_FOUND',
  QUEUE_DISABLED: 'QUEUE_DISABLED',
  QUEUE_HAS_CONSUMERS: 'QUEUE_HAS_CONSUMERS',
  QUEUE_NOT_FOUND: 'QUEUE_NOT_FOUND',
  STALE_LEASE: 'STALE_LEASE',
  TICKER_PAUSED: 'TICKER_PAUSED',
  TIMEOUT: 'TIMEOUT',
  UNAUTHENTICATED: 'UNAUTHENTICATED',
  UNAVAILABLE: 'UNAVAILABLE'
} as const;

export type ErrorCode = typeof ErrorCode[keyof typeof ErrorCode];
/** Where an event is for a consumer. */
export const EventState = {
  /** The consumer gave up on it. */
  DEAD_LETTER: 'DEAD_LETTER',
  IN_OPEN_BATCH: 'IN_OPEN_BATCH',
  /** The consumer has finished it, or its position was beyond it when it was registered or moved. */
  PASSED: 'PASSED',
  /** The consumer has yet to open it. */
  PENDING: 'PENDING',
  /** It is in the retry queue until retryAt. */
  WAITING_RETRY: 'WAITING_RETRY'
} as const;

export type EventState = typeof EventState[keyof typeof EventState];
/** What was looked for. */
export const FindingCheck = {
  AUTOVACUUM: 'AUTOVACUUM',
  CLOCK: 'CLOCK',
  CONNECTIONS: 'CONNECTIONS',
  CONSUMER_BEHIND: 'CONSUMER_BEHIND',
  DEAD_LETTERS: 'DEAD_LETTERS',
  LONG_TRANSACTION: 'LONG_TRANSACTION',
  NOTIFY_QUEUE: 'NOTIFY_QUEUE',
  NOT_LISTENING: 'NOT_LISTENING',
  NO_TICKER: 'NO_TICKER',
  PREPARED_TRANSACTION: 'PREPARED_TRANSACTION',
  PRIVILEGES: 'PRIVILEGES',
  QUEUE_DAMAGED: 'QUEUE_DAMAGED',
  QUEUE_DISABLED: 'QUEUE_DISABLED',
  RETRIES_GROWING: 'RETRIES_GROWING',
  RETRIES_OVERDUE: 'RETRIES_OVERDUE',
  ROTATION_BLOCKED: 'ROTATION_BLOCKED',
  SCHEMA: 'SCHEMA',
  SEARCH_PATH: 'SEARCH_PATH',
  TICKER_EXTERNAL: 'TICKER_EXTERNAL',
  TICKER_PAUSED: 'TICKER_PAUSED',
  TICK_OVERDUE: 'TICK_OVERDUE',
  TICK_TRIGGER: 'TICK_TRIGGER',
  TRANSACTION_IDS: 'TRANSACTION_IDS',
  TWO_TICKERS: 'TWO_TICKERS',
  UNREACHABLE: 'UNREACHABLE'
} as const;

export type FindingCheck = typeof FindingCheck[keyof typeof FindingCheck];
export const GapReason = {
  /** The cursor is ahead of the log: it belongs to another queue or database. */
  AHEAD: 'AHEAD',
  /** The queue was dropped and made again; its ticks count from 1. */
  RECREATED: 'RECREATED',
  /** Rotation has removed the events from the log. */
  ROTATED: 'ROTATED'
} as const;

export type GapReason = typeof GapReason[keyof typeof GapReason];
/** What a grant lets a caller do. */
export const GrantVerb = {
  /** Everything. */
  ADMIN: 'ADMIN',
  /** Register as a consumer or a member of it, open and settle its batches, and its dead letters. */
  CONSUME: 'CONSUME',
  /** Configure a queue, its event types, dead letters and consumers, and tick it. */
  MANAGE: 'MANAGE',
  /** Insert events. */
  PUBLISH: 'PUBLISH',
  /** That, and events: tail, ticks, dead letters, open batches. */
  READ: 'READ',
  /** See names, configuration and statistics; no payloads. */
  STATS: 'STATS'
} as const;

export type GrantVerb = typeof GrantVerb[keyof typeof GrantVerb];
/** What a mover does with one of its sources. */
export const MoverSourceState = {
  MOVING: 'MOVING',
  /** Until resumeMover. */
  PAUSED: 'PAUSED',
  /** Something fails, which reason tells; it tries again. */
  RETRYING: 'RETRYING',
  /** What is in the target and what the source has do not fit, as reason tells; until resetMover. */
  STOPPED: 'STOPPED',
  /** It waits for events, or another server of the mover has the source. */
  WAITING: 'WAITING'
} as const;

export type MoverSourceState = typeof MoverSourceState[keyof typeof MoverSourceState];
export const RotationBlockerKind = {
  /** A consumer is behind and has no batch open. */
  CONSUMER_BEHIND: 'CONSUMER_BEHIND',
  /** Ticks are held back by a transaction, in any database of the server. */
  LONG_TRANSACTION: 'LONG_TRANSACTION',
  /** Consumers are up to date, and no tick has been made since. */
  NO_TICK: 'NO_TICK',
  /** A consumer has a batch open. */
  OPEN_BATCH: 'OPEN_BATCH',
  /** The same, by a prepared transaction. */
  PREPARED_TRANSACTION: 'PREPARED_TRANSACTION'
} as const;

export type RotationBlockerKind = typeof RotationBlockerKind[keyof typeof RotationBlockerKind];
export const Severity = {
  /** Events are not delivered, or will not be. */
  ERROR: 'ERROR',
  /** It may be as it is meant to be. */
  INFO: 'INFO',
  /** It needs a look by somebody. */
  WARNING: 'WARNING'
} as const;

export type Severity = typeof Severity[keyof typeof Severity];
/** Who makes the ticks of a database. */
export const TickMaker = {
  /** pgqd, or a program like it. */
  ANOTHER_PROGRAM: 'ANOTHER_PROGRAM',
  /** Another server, or a ticker of this project. */
  ANOTHER_SERVER: 'ANOTHER_SERVER',
  /** No ticker is connected that this server can see, or the ticks of all queues are overdue whoever is. */
  NOBODY: 'NOBODY',
  /** The one that answers. */
  THIS_SERVER: 'THIS_SERVER'
} as const;

export type TickMaker = typeof TickMaker[keyof typeof TickMaker];
/** What this server's own ticker does. Whether ticks are made, and by whom, is madeBy. */
export const TickerState = {
  /** It has the lead, so the ticks are its work. */
  LEADING: 'LEADING',
  /** This server runs no ticker for the database. */
  OFF: 'OFF',
  /** Another server has the lead; this one takes over when that one is gone. */
  STANDBY: 'STANDBY',
  /** It is connecting. */
  STARTING: 'STARTING',
  STOPPED: 'STOPPED'
} as const;

export type TickerState = typeof TickerState[keyof typeof TickerState];