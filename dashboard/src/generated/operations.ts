// Made by `npm run generate:client` from schema.graphql and dashboard/src/documents; do not edit.
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocument } from '../document.ts'
/** All dead letters of a queue, or of a consumer on it, that meet the filter. */
export type AllDeadLettersInput = {
  consumer?: string | null | undefined;
  /** Which of the databases of this server. */
  database?: string;
  /** Only count them. */
  dryRun?: boolean;
  filter?: DeadLetterFilter | null | undefined;
  queue: string;
};

/** What becomes of the batch that a leaving member holds. */
export type BatchHandling =
  /** Its events are dropped. */
  | 'DISCARD'
  /** Refuse with BATCH_ACTIVE. */
  | 'FAIL'
  /** Its events go to the retry queue and reach the group again. */
  | 'RETRY_EVENTS';

export type CancelDeadLetterJobInput = {
  /** Which of the databases of this server. */
  database?: string;
  id: string | number;
};

export type CreateQueueInput = {
  /** Which of the databases of this server. */
  database?: string;
  /** Ticks are copied from another database. Default false. */
  externalTicker?: boolean | null | undefined;
  /** Any text. */
  name: string;
  /** Default 7200. */
  rotationPeriodSeconds?: number | null | undefined;
  /** Default 60. */
  tickerIdlePeriodSeconds?: number | null | undefined;
  /** At least 1, default 500. */
  tickerMaxCount?: number | null | undefined;
  /** Default 0.05, for live delivery; a queue made in SQL has 3. */
  tickerMaxLagSeconds?: number | null | undefined;
};

export type DeadLetterAction =
  | 'DELETE'
  | 'REQUEUE';

/** Conditions that a dead letter must all meet. */
export type DeadLetterFilter = {
  failedFrom?: string | null | undefined;
  failedTo?: string | null | undefined;
  /** Its reason in short is this one, as a DeadLetterGroup has it. */
  reason?: string | null | undefined;
  /** Its reason has this text, in the same case. */
  reasonContains?: string | null | undefined;
  /** Its event's type is one of these; null is for events without a type. */
  types?: Array<string | null | undefined> | null | undefined;
};

export type DeadLetterJobState =
  /** By cancelDeadLetterJob, or since the server shut down. What was done stays done. */
  | 'CANCELLED'
  /** As error tells. What was done stays done; start it again. */
  | 'FAILED'
  | 'FINISHED'
  | 'RUNNING';

/** Give deadLetterIds, or a queue for all of its dead letters, or a queue and a consumer. */
export type DeleteDeadLettersInput = {
  consumer?: string | null | undefined;
  /** Which of the databases of this server. */
  database?: string;
  deadLetterIds?: Array<string> | null | undefined;
  queue?: string | null | undefined;
};

export type DropQueueInput = {
  /** Which of the databases of this server. */
  database?: string;
  /** Unregister its consumers too. */
  force?: boolean;
  name: string;
};

/** What answers the calls of pgq: the PostgreSQL extension, or the SQL engine that comes with this server. */
export type Engine =
  | 'EXTENSION'
  | 'SQL';

/** `extensions.code` of every error. */
export type ErrorCode =
  | 'BAD_INPUT'
  | 'BATCH_ACTIVE'
  | 'BATCH_NOT_FOUND'
  | 'BATCH_TOO_LARGE'
  | 'CONSUMER_BUSY'
  | 'CONSUMER_NOT_FOUND'
  | 'EVENT_NOT_FOUND'
  | 'EXTERNAL_TICKER'
  | 'FORBIDDEN'
  | 'INCOMPATIBLE_SCHEMA'
  | 'INTERNAL'
  | 'INVALID_PAYLOAD'
  | 'LIMIT_EXCEEDED'
  | 'NOT_FOUND'
  | 'QUEUE_DISABLED'
  | 'QUEUE_HAS_CONSUMERS'
  | 'QUEUE_NOT_FOUND'
  | 'STALE_LEASE'
  | 'TICKER_PAUSED'
  | 'TIMEOUT'
  | 'UNAUTHENTICATED'
  | 'UNAVAILABLE';

/** Conditions that an event must all meet. */
export type EventFilter = {
  extra1?: string | null | undefined;
  extra2?: string | null | undefined;
  extra3?: string | null | undefined;
  extra4?: string | null | undefined;
  /** Its type is one of these. */
  types?: Array<string> | null | undefined;
};

/** Conditions that an event must all meet. */
export type EventSearch = {
  /** Its data has this text, in the same case. */
  contains?: string | null | undefined;
  eventId?: string | null | undefined;
  extra1?: string | null | undefined;
  extra2?: string | null | undefined;
  extra3?: string | null | undefined;
  extra4?: string | null | undefined;
  /** Its time is not before this. What was written before is not looked at. */
  from?: string | null | undefined;
  json?: JsonCondition | null | undefined;
  /** Its time is not after this. What was written after is not looked at, even where its transaction began before. */
  to?: string | null | undefined;
  /** Its type is one of these. */
  types?: Array<string> | null | undefined;
};

/** Where an event is for a consumer. */
export type EventState =
  /** The consumer gave up on it. */
  | 'DEAD_LETTER'
  | 'IN_OPEN_BATCH'
  /** The consumer has finished it, or its position was beyond it when it was registered or moved. */
  | 'PASSED'
  /** The consumer has yet to open it. */
  | 'PENDING'
  /** It is in the retry queue until retryAt. */
  | 'WAITING_RETRY';

/** What was looked for. */
export type FindingCheck =
  | 'AUTOVACUUM'
  | 'CLOCK'
  | 'CONNECTIONS'
  | 'CONSUMER_BEHIND'
  | 'DEAD_LETTERS'
  | 'LONG_TRANSACTION'
  | 'NOTIFY_QUEUE'
  | 'NOT_LISTENING'
  | 'NO_TICKER'
  | 'PREPARED_TRANSACTION'
  | 'PRIVILEGES'
  | 'QUEUE_DAMAGED'
  | 'QUEUE_DISABLED'
  | 'RETRIES_GROWING'
  | 'RETRIES_OVERDUE'
  | 'ROTATION_BLOCKED'
  | 'SCHEMA'
  | 'SEARCH_PATH'
  | 'TICKER_EXTERNAL'
  | 'TICKER_PAUSED'
  | 'TICK_OVERDUE'
  | 'TICK_TRIGGER'
  | 'TRANSACTION_IDS'
  | 'TWO_TICKERS'
  | 'UNREACHABLE';

export type GapReason =
  /** The cursor is ahead of the log: it belongs to another queue or database. */
  | 'AHEAD'
  /** The queue was dropped and made again; its ticks count from 1. */
  | 'RECREATED'
  /** Rotation has removed the events from the log. */
  | 'ROTATED';

/** At least one of type, data, json and extra1 to extra4 must be given; an empty string will do. */
export type InsertEventInput = {
  /** Any text, such as JSON. */
  data?: string | null | undefined;
  /** Which of the databases of this server. */
  database?: string;
  extra1?: string | null | undefined;
  extra2?: string | null | undefined;
  extra3?: string | null | undefined;
  extra4?: string | null | undefined;
  /** Stands for data: any JSON value up to 1000 deep, stored as its text. No number is changed. */
  json?: unknown;
  queue: string;
  type?: string | null | undefined;
};

/** What data has at a path, where it is JSON. */
export type JsonCondition = {
  /** Must be given; null is the null of JSON. 1 equals 1.0; the order of names is indifferent. */
  equals?: unknown;
  /** Names, and places in lists: ["customer", "id"], ["items", "0"]; -1 is the last. [] is the whole. */
  path: Array<string>;
};

/** One of toTick, toTime and toNewest says where to. */
export type MoveConsumerInput = {
  /** A plain or a cooperative one, not a member. */
  consumer: string;
  /** Which of the databases of this server. */
  database?: string;
  /** Only tell what it would do. */
  dryRun?: boolean;
  /** Moves it although a batch is open. That of a plain consumer is given up, and its lease is stale; members finish theirs. */
  force?: boolean;
  queue: string;
  /** The newest tick: skips all that waits. */
  toNewest?: boolean;
  /** A tick in the log, as Queue.ticks lists them. */
  toTick?: string | null | undefined;
  /** The last tick made up to this time: whatever came later is delivered. */
  toTime?: string | null | undefined;
};

/** What a mover does with one of its sources. */
export type MoverSourceState =
  | 'MOVING'
  /** Until resumeMover. */
  | 'PAUSED'
  /** Something fails, which reason tells; it tries again. */
  | 'RETRYING'
  /** What is in the target and what the source has do not fit, as reason tells; until resetMover. */
  | 'STOPPED'
  /** It waits for events, or another server of the mover has the source. */
  | 'WAITING';

export type RegisterConsumerInput = {
  /** Where it starts, or is moved to; the newest tick by default. Moving gives up a batch that it has open. */
  atTick?: string | null | undefined;
  consumer: string;
  /** Which of the databases of this server. */
  database?: string;
  queue: string;
};

/** Give deadLetterIds, or a queue for all of its dead letters, or a queue and a consumer. */
export type RequeueDeadLettersInput = {
  consumer?: string | null | undefined;
  /** Which of the databases of this server. */
  database?: string;
  deadLetterIds?: Array<string> | null | undefined;
  queue?: string | null | undefined;
};

export type RotationBlockerKind =
  /** A consumer is behind and has no batch open. */
  | 'CONSUMER_BEHIND'
  /** Ticks are held back by a transaction, in any database of the server. */
  | 'LONG_TRANSACTION'
  /** Consumers are up to date, and no tick has been made since. */
  | 'NO_TICK'
  /** A consumer has a batch open. */
  | 'OPEN_BATCH'
  /** The same, by a prepared transaction. */
  | 'PREPARED_TRANSACTION';

/** What is left out stays as it is. */
export type SetQueueConfigInput = {
  /** Which of the databases of this server. */
  database?: string;
  externalTicker?: boolean | null | undefined;
  name: string;
  rotationPeriodSeconds?: number | null | undefined;
  tickerIdlePeriodSeconds?: number | null | undefined;
  tickerMaxCount?: number | null | undefined;
  tickerMaxLagSeconds?: number | null | undefined;
  tickerPaused?: boolean | null | undefined;
};

export type Severity =
  /** Events are not delivered, or will not be. */
  | 'ERROR'
  /** It may be as it is meant to be. */
  | 'INFO'
  /** It needs a look by somebody. */
  | 'WARNING';

/** Who makes the ticks of a database. */
export type TickMaker =
  /** pgqd, or a program like it. */
  | 'ANOTHER_PROGRAM'
  /** Another server, or a ticker of this project. */
  | 'ANOTHER_SERVER'
  /** No ticker is connected that this server can see, or the ticks of all queues are overdue whoever is. */
  | 'NOBODY'
  /** The one that answers. */
  | 'THIS_SERVER';

/** What this server's own ticker does. Whether ticks are made, and by whom, is madeBy. */
export type TickerState =
  /** It has the lead, so the ticks are its work. */
  | 'LEADING'
  /** This server runs no ticker for the database. */
  | 'OFF'
  /** Another server has the lead; this one takes over when that one is gone. */
  | 'STANDBY'
  /** It is connecting. */
  | 'STARTING'
  | 'STOPPED';

export type UnregisterConsumerInput = {
  consumer: string;
  /** Which of the databases of this server. */
  database?: string;
  queue: string;
};

export type UnregisterSubconsumerInput = {
  batchHandling?: BatchHandling;
  consumer: string;
  /** Which of the databases of this server. */
  database?: string;
  queue: string;
  subconsumer: string;
};

export type ConsumersLiveSubscriptionVariables = Exact<{
  database: string;
  queue: string;
}>;


export type ConsumersLiveSubscription = { consumerStats: Array<{ catchUpSeconds: number | null, lastTick: string | null, name: string, cooperative: boolean, connected: boolean, lagSeconds: number, lastSeenSeconds: number, oldestPendingSeconds: number | null, openBatchSeconds: number | null, pendingEvents: string | null, subconsumers: Array<{ name: string, activeSeconds: number, currentBatch: { batchId: string, lagSeconds: number, seqStart: string, seqEnd: string } | null }>, currentBatch: { batchId: string, prevTickId: string, tickId: string, startTime: string, endTime: string } | null }> };

export type ConsumerHistoryQueryVariables = Exact<{
  database: string;
  queue: string;
  consumer: string;
}>;


export type ConsumerHistoryQuery = { consumer: { history: Array<{ time: string, oldestPendingSeconds: number | null, pendingEvents: string | null }> } | null };

export type OpenBatchEventsQueryVariables = Exact<{
  database: string;
  batch: string;
}>;


export type OpenBatchEventsQuery = { batch: { eventPage: { hasNextPage: boolean, events: Array<{ eventId: string, time: string, txid: string, retry: number | null, type: string | null, data: string | null, extra1: string | null, extra2: string | null, extra3: string | null, extra4: string | null }> } } | null };

export type MayWithConsumerQueryVariables = Exact<{
  database: string;
  queue: string;
  consumer: string;
}>;


export type MayWithConsumerQuery = { me: { read: boolean, manage: boolean } };

export type RegisterConsumerMutationVariables = Exact<{
  input: RegisterConsumerInput;
}>;


export type RegisterConsumerMutation = { registerConsumer: { registered: boolean } };

export type UnregisterConsumerMutationVariables = Exact<{
  input: UnregisterConsumerInput;
}>;


export type UnregisterConsumerMutation = { unregisterConsumer: { unregisteredCount: number } };

export type UnregisterSubconsumerMutationVariables = Exact<{
  input: UnregisterSubconsumerInput;
}>;


export type UnregisterSubconsumerMutation = { unregisterSubconsumer: { unregistered: boolean } };

export type MoveConsumerMutationVariables = Exact<{
  input: MoveConsumerInput;
}>;


export type MoveConsumerMutation = { moveConsumer: { fromTick: string, toTick: string, skippedEvents: string | null, repeatedEvents: string | null } };

export type DeadLetterGroupsQueryVariables = Exact<{
  database: string;
  queue?: string | null | undefined;
  consumer?: string | null | undefined;
  filter?: DeadLetterFilter | null | undefined;
}>;


export type DeadLetterGroupsQuery = { deadLetterGroups: { total: string, others: string, groups: Array<{ queueName: string, consumerName: string, reason: string, type: string | null, count: string, oldest: string, newest: string }> } };

export type DeadLetterPageQueryVariables = Exact<{
  database: string;
  queue?: string | null | undefined;
  consumer?: string | null | undefined;
  filter?: DeadLetterFilter | null | undefined;
  after?: string | null | undefined;
}>;


export type DeadLetterPageQuery = { deadLetters: { nodes: Array<{ deadLetterId: string, consumerName: string, failedAt: string, reason: string | null, queue: { name: string }, event: { eventId: string, time: string, txid: string, retry: number | null, type: string | null, data: string | null, extra1: string | null, extra2: string | null, extra3: string | null, extra4: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type MayWithDeadLettersQueryVariables = Exact<{
  database: string;
  queue?: string | null | undefined;
  consumer?: string | null | undefined;
}>;


export type MayWithDeadLettersQuery = { me: { manage: boolean, consume: boolean } };

export type RequeueDeadLettersMutationVariables = Exact<{
  input: RequeueDeadLettersInput;
}>;


export type RequeueDeadLettersMutation = { requeueDeadLetters: { requeuedCount: number } };

export type DeleteDeadLettersMutationVariables = Exact<{
  input: DeleteDeadLettersInput;
}>;


export type DeleteDeadLettersMutation = { deleteDeadLetters: { deletedCount: number } };

export type RequeueAllDeadLettersMutationVariables = Exact<{
  input: AllDeadLettersInput;
}>;


export type RequeueAllDeadLettersMutation = { requeueAllDeadLetters: { job: { id: string } | null } };

export type DeleteAllDeadLettersMutationVariables = Exact<{
  input: AllDeadLettersInput;
}>;


export type DeleteAllDeadLettersMutation = { deleteAllDeadLetters: { job: { id: string } | null } };

export type DeadLetterJobsQueryVariables = Exact<{
  database: string;
}>;


export type DeadLetterJobsQuery = { deadLetterJobs: Array<{ id: string, state: DeadLetterJobState }> };

export type DeadLetterJobLiveSubscriptionVariables = Exact<{
  database: string;
  id: string | number;
}>;


export type DeadLetterJobLiveSubscription = { deadLetterJob: { id: string, action: DeadLetterAction, queueName: string, consumerName: string | null, state: DeadLetterJobState, total: string, done: string, failed: string, startedBy: string, error: ErrorCode | null } };

export type CancelDeadLetterJobMutationVariables = Exact<{
  input: CancelDeadLetterJobInput;
}>;


export type CancelDeadLetterJobMutation = { cancelDeadLetterJob: { job: { id: string, state: DeadLetterJobState } } };

export type DiagnoseQueryVariables = Exact<{
  database: string;
}>;


export type DiagnoseQuery = { diagnose: Array<{ check: FindingCheck, severity: Severity, subject: string, what: string, why: string, remedy: string, sql: string | null, command: string | null, queue: { name: string } | null, consumer: { name: string } | null }> };

export type TraceEventQueryVariables = Exact<{
  database: string;
  queue: string;
  event: string;
}>;


export type TraceEventQuery = { event: { event: { eventId: string, time: string, txid: string, retry: number | null, type: string | null, data: string | null, extra1: string | null, extra2: string | null, extra3: string | null, extra4: string | null } | null, tick: { tickId: string, time: string } | null, consumers: Array<{ consumerName: string, state: EventState, batchId: string | null, retryAt: string | null, retryCount: number | null, deadLetterId: string | null, reason: string | null, failedAt: string | null }> } };

export type EventFieldsFragment = { eventId: string, time: string, txid: string, retry: number | null, type: string | null, data: string | null, extra1: string | null, extra2: string | null, extra3: string | null, extra4: string | null };

export type TailLiveSubscriptionVariables = Exact<{
  database: string;
  queue: string;
  after?: string | null | undefined;
  filter?: EventFilter | null | undefined;
}>;


export type TailLiveSubscription = { tail:
    | { __typename: 'Gap', fromTick: string, toTick: string, reason: GapReason }
    | { __typename: 'TickBatch', tickId: string, events: Array<{ eventId: string, time: string, txid: string, retry: number | null, type: string | null, data: string | null, extra1: string | null, extra2: string | null, extra3: string | null, extra4: string | null }> }
   };

export type FleetQueryVariables = Exact<{ [key: string]: never; }>;


export type FleetQuery = { databases: Array<{ name: string, engine: Engine, pgqVersion: string | null, postgresVersion: string, ticker: { state: TickerState, madeBy: TickMaker | null, overdueQueueCount: number | null, lastError: string | null } }> };

export type NamesQueryVariables = Exact<{ [key: string]: never; }>;


export type NamesQuery = { me: { name: string, expiresAt: string | null }, databases: Array<{ name: string }> };

export type MoversQueryVariables = Exact<{ [key: string]: never; }>;


export type MoversQuery = { movers: Array<{ name: string, consumer: string, database: string, queue: string | null, queueBy: string | null, subject: string | null, paused: boolean, reason: string | null, sources: Array<{ database: string, queue: string, state: MoverSourceState, lagSeconds: number | null, pendingEvents: string | null, eventsMoved: string, reason: string | null }> }> };

export type MoversLiveSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type MoversLiveSubscription = { moverStats: Array<{ name: string, consumer: string, database: string, queue: string | null, queueBy: string | null, subject: string | null, paused: boolean, reason: string | null, sources: Array<{ database: string, queue: string, state: MoverSourceState, lagSeconds: number | null, pendingEvents: string | null, eventsMoved: string, reason: string | null }> }> };

export type MoverFiguresFragment = { name: string, consumer: string, database: string, queue: string | null, queueBy: string | null, subject: string | null, paused: boolean, reason: string | null, sources: Array<{ database: string, queue: string, state: MoverSourceState, lagSeconds: number | null, pendingEvents: string | null, eventsMoved: string, reason: string | null }> };

export type QueueDetailsQueryVariables = Exact<{
  database: string;
  queue: string;
}>;


export type QueueDetailsQuery = { queue: { name: string, tickerMaxCount: number, tickerMaxLagSeconds: number, tickerIdlePeriodSeconds: number, rotationPeriodSeconds: number, tickerPaused: boolean, externalTicker: boolean, tableCount: number, currentEventTable: string, switchTime: string, eventTypes: Array<{ type: string, version: number, enforced: boolean, registeredAt: string, schema: unknown }> } | null, me: { read: boolean, publish: boolean, manage: boolean } };

export type QueueLiveSubscriptionVariables = Exact<{
  database: string;
  queue: string;
}>;


export type QueueLiveSubscription = { queueStats: Array<{ eventTableBytes: string, name: string, currentEventsPerSecond: number, newEvents: string | null, retryCount: string, deadLetterCount: string, tickerPaused: boolean, externalTicker: boolean, tickOverdueSeconds: number | null, tickerLagSeconds: number | null, rotationBlocker: { since: string | null, heldTables: number, heldBytes: string, kind: RotationBlockerKind, session: string | null, message: string, consumer: { name: string, pendingEvents: string | null, openBatchSeconds: number | null, lastSeenSeconds: number } | null } | null, consumers: { nodes: Array<{ name: string, cooperative: boolean, connected: boolean, lagSeconds: number, lastSeenSeconds: number, oldestPendingSeconds: number | null, openBatchSeconds: number | null, pendingEvents: string | null }> } }> };

export type QueueHistoryQueryVariables = Exact<{
  database: string;
  queue: string;
}>;


export type QueueHistoryQuery = { queue: { history: Array<{ time: string, seconds: number, eventsPerSecond: number, ticksPerSecond: number }>, consumers: { nodes: Array<{ history: Array<{ time: string, oldestPendingSeconds: number | null }> }> } } | null };

export type RecentTicksQueryVariables = Exact<{
  database: string;
  queue: string;
  last: number;
}>;


export type RecentTicksQuery = { queue: { ticks: { nodes: Array<{ tickId: string, time: string, eventSeq: string }> } } | null };

export type TicksLiveSubscriptionVariables = Exact<{
  database: string;
  queue: string;
}>;


export type TicksLiveSubscription = { ticks:
    | { __typename: 'Gap' }
    | { __typename: 'Tick', tickId: string, time: string, eventSeq: string }
   };

export type SetQueueConfigMutationVariables = Exact<{
  input: SetQueueConfigInput;
}>;


export type SetQueueConfigMutation = { setQueueConfig: { queue: { name: string } } };

export type PauseTickerMutationVariables = Exact<{
  database: string;
  queue: string;
}>;


export type PauseTickerMutation = { pauseTicker: { queue: { name: string } } };

export type ResumeTickerMutationVariables = Exact<{
  database: string;
  queue: string;
}>;


export type ResumeTickerMutation = { resumeTicker: { queue: { name: string } } };

export type DropQueueMutationVariables = Exact<{
  input: DropQueueInput;
}>;


export type DropQueueMutation = { dropQueue: { dropped: boolean } };

export type PublishEventMutationVariables = Exact<{
  input: InsertEventInput;
}>;


export type PublishEventMutation = { insertEvent: { eventId: string } };

export type ConsumerFiguresFragment = { name: string, cooperative: boolean, connected: boolean, lagSeconds: number, lastSeenSeconds: number, oldestPendingSeconds: number | null, openBatchSeconds: number | null, pendingEvents: string | null };

export type QueueFiguresFragment = { name: string, currentEventsPerSecond: number, newEvents: string | null, retryCount: string, deadLetterCount: string, tickerPaused: boolean, externalTicker: boolean, tickOverdueSeconds: number | null, tickerLagSeconds: number | null, rotationBlocker: { kind: RotationBlockerKind, session: string | null, message: string, consumer: { name: string, pendingEvents: string | null, openBatchSeconds: number | null, lastSeenSeconds: number } | null } | null, consumers: { nodes: Array<{ name: string, cooperative: boolean, connected: boolean, lagSeconds: number, lastSeenSeconds: number, oldestPendingSeconds: number | null, openBatchSeconds: number | null, pendingEvents: string | null }> } };

export type QueuePageQueryVariables = Exact<{
  database: string;
  after?: string | null | undefined;
}>;


export type QueuePageQuery = { queues: { nodes: Array<{ name: string, currentEventsPerSecond: number, newEvents: string | null, retryCount: string, deadLetterCount: string, tickerPaused: boolean, externalTicker: boolean, tickOverdueSeconds: number | null, tickerLagSeconds: number | null, rotationBlocker: { kind: RotationBlockerKind, session: string | null, message: string, consumer: { name: string, pendingEvents: string | null, openBatchSeconds: number | null, lastSeenSeconds: number } | null } | null, consumers: { nodes: Array<{ name: string, cooperative: boolean, connected: boolean, lagSeconds: number, lastSeenSeconds: number, oldestPendingSeconds: number | null, openBatchSeconds: number | null, pendingEvents: string | null }> } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type QueuesLiveSubscriptionVariables = Exact<{
  database: string;
  queues?: Array<string> | string | null | undefined;
}>;


export type QueuesLiveSubscription = { queueStats: Array<{ name: string, currentEventsPerSecond: number, newEvents: string | null, retryCount: string, deadLetterCount: string, tickerPaused: boolean, externalTicker: boolean, tickOverdueSeconds: number | null, tickerLagSeconds: number | null, rotationBlocker: { kind: RotationBlockerKind, session: string | null, message: string, consumer: { name: string, pendingEvents: string | null, openBatchSeconds: number | null, lastSeenSeconds: number } | null } | null, consumers: { nodes: Array<{ name: string, cooperative: boolean, connected: boolean, lagSeconds: number, lastSeenSeconds: number, oldestPendingSeconds: number | null, openBatchSeconds: number | null, pendingEvents: string | null }> } }> };

export type MayInDatabaseQueryVariables = Exact<{
  database: string;
}>;


export type MayInDatabaseQuery = { me: { manage: boolean } };

export type CreateQueueMutationVariables = Exact<{
  input: CreateQueueInput;
}>;


export type CreateQueueMutation = { createQueue: { created: boolean } };

export type SearchEventsQueryVariables = Exact<{
  database: string;
  queue: string;
  filter: EventSearch;
  first: number;
  after?: string | null | undefined;
}>;


export type SearchEventsQuery = { events: { complete: boolean, nodes: Array<{ eventId: string, time: string, txid: string, retry: number | null, type: string | null, data: string | null, extra1: string | null, extra2: string | null, extra3: string | null, extra4: string | null }>, searchedTo: { eventId: string, time: string } | null, pageInfo: { endCursor: string | null } } };

export const ConsumersLiveDocument: TypedDocument<ConsumersLiveSubscription, ConsumersLiveSubscriptionVariables> = `subscription ConsumersLive($database:String!$queue:String!){consumerStats(database:$database queue:$queue){...consumerFigures catchUpSeconds lastTick subconsumers{name activeSeconds currentBatch{batchId lagSeconds seqStart seqEnd}}currentBatch{batchId prevTickId tickId startTime endTime}}}fragment consumerFigures on Consumer{name cooperative connected lagSeconds lastSeenSeconds oldestPendingSeconds openBatchSeconds pendingEvents}`

export const ConsumerHistoryDocument: TypedDocument<ConsumerHistoryQuery, ConsumerHistoryQueryVariables> = `query ConsumerHistory($database:String!$queue:String!$consumer:String!){consumer(database:$database queue:$queue name:$consumer){history{time oldestPendingSeconds pendingEvents}}}`

export const OpenBatchEventsDocument: TypedDocument<OpenBatchEventsQuery, OpenBatchEventsQueryVariables> = `query OpenBatchEvents($database:String!$batch:BigInt!){batch(database:$database id:$batch){eventPage(first:50){hasNextPage events{...eventFields}}}}fragment eventFields on Event{eventId time txid retry type data extra1 extra2 extra3 extra4}`

export const MayWithConsumerDocument: TypedDocument<MayWithConsumerQuery, MayWithConsumerQueryVariables> = `query MayWithConsumer($database:String!$queue:String!$consumer:String!){me{read:may(database:$database queue:$queue verbs:[READ])manage:may(database:$database queue:$queue consumer:$consumer verbs:[MANAGE])}}`

export const RegisterConsumerDocument: TypedDocument<RegisterConsumerMutation, RegisterConsumerMutationVariables> = `mutation RegisterConsumer($input:RegisterConsumerInput!){registerConsumer(input:$input){registered}}`

export const UnregisterConsumerDocument: TypedDocument<UnregisterConsumerMutation, UnregisterConsumerMutationVariables> = `mutation UnregisterConsumer($input:UnregisterConsumerInput!){unregisterConsumer(input:$input){unregisteredCount}}`

export const UnregisterSubconsumerDocument: TypedDocument<UnregisterSubconsumerMutation, UnregisterSubconsumerMutationVariables> = `mutation UnregisterSubconsumer($input:UnregisterSubconsumerInput!){unregisterSubconsumer(input:$input){unregistered}}`

export const MoveConsumerDocument: TypedDocument<MoveConsumerMutation, MoveConsumerMutationVariables> = `mutation MoveConsumer($input:MoveConsumerInput!){moveConsumer(input:$input){fromTick toTick skippedEvents repeatedEvents}}`

export const DeadLetterGroupsDocument: TypedDocument<DeadLetterGroupsQuery, DeadLetterGroupsQueryVariables> = `query DeadLetterGroups($database:String!$queue:String$consumer:String$filter:DeadLetterFilter){deadLetterGroups(database:$database queue:$queue consumer:$consumer filter:$filter){total others groups{queueName consumerName reason type count oldest newest}}}`

export const DeadLetterPageDocument: TypedDocument<DeadLetterPageQuery, DeadLetterPageQueryVariables> = `query DeadLetterPage($database:String!$queue:String$consumer:String$filter:DeadLetterFilter$after:String){deadLetters(database:$database queue:$queue consumer:$consumer filter:$filter first:50 after:$after){nodes{deadLetterId consumerName failedAt reason queue{name}event{...eventFields}}pageInfo{hasNextPage endCursor}}}fragment eventFields on Event{eventId time txid retry type data extra1 extra2 extra3 extra4}`

export const MayWithDeadLettersDocument: TypedDocument<MayWithDeadLettersQuery, MayWithDeadLettersQueryVariables> = `query MayWithDeadLetters($database:String!$queue:String$consumer:String){me{manage:may(database:$database queue:$queue consumer:$consumer verbs:[MANAGE])consume:may(database:$database queue:$queue consumer:$consumer verbs:[CONSUME])}}`

export const RequeueDeadLettersDocument: TypedDocument<RequeueDeadLettersMutation, RequeueDeadLettersMutationVariables> = `mutation RequeueDeadLetters($input:RequeueDeadLettersInput!){requeueDeadLetters(input:$input){requeuedCount}}`

export const DeleteDeadLettersDocument: TypedDocument<DeleteDeadLettersMutation, DeleteDeadLettersMutationVariables> = `mutation DeleteDeadLetters($input:DeleteDeadLettersInput!){deleteDeadLetters(input:$input){deletedCount}}`

export const RequeueAllDeadLettersDocument: TypedDocument<RequeueAllDeadLettersMutation, RequeueAllDeadLettersMutationVariables> = `mutation RequeueAllDeadLetters($input:AllDeadLettersInput!){requeueAllDeadLetters(input:$input){job{id}}}`

export const DeleteAllDeadLettersDocument: TypedDocument<DeleteAllDeadLettersMutation, DeleteAllDeadLettersMutationVariables> = `mutation DeleteAllDeadLetters($input:AllDeadLettersInput!){deleteAllDeadLetters(input:$input){job{id}}}`

export const DeadLetterJobsDocument: TypedDocument<DeadLetterJobsQuery, DeadLetterJobsQueryVariables> = `query DeadLetterJobs($database:String!){deadLetterJobs(database:$database){id state}}`

export const DeadLetterJobLiveDocument: TypedDocument<DeadLetterJobLiveSubscription, DeadLetterJobLiveSubscriptionVariables> = `subscription DeadLetterJobLive($database:String!$id:ID!){deadLetterJob(database:$database id:$id){id action queueName consumerName state total done failed startedBy error}}`

export const CancelDeadLetterJobDocument: TypedDocument<CancelDeadLetterJobMutation, CancelDeadLetterJobMutationVariables> = `mutation CancelDeadLetterJob($input:CancelDeadLetterJobInput!){cancelDeadLetterJob(input:$input){job{id state}}}`

export const DiagnoseDocument: TypedDocument<DiagnoseQuery, DiagnoseQueryVariables> = `query Diagnose($database:String!){diagnose(database:$database){check severity subject queue{name}consumer{name}what why remedy sql command}}`

export const TraceEventDocument: TypedDocument<TraceEventQuery, TraceEventQueryVariables> = `query TraceEvent($database:String!$queue:String!$event:BigInt!){event(database:$database queue:$queue eventId:$event){event{...eventFields}tick{tickId time}consumers{consumerName state batchId retryAt retryCount deadLetterId reason failedAt}}}fragment eventFields on Event{eventId time txid retry type data extra1 extra2 extra3 extra4}`

export const TailLiveDocument: TypedDocument<TailLiveSubscription, TailLiveSubscriptionVariables> = `subscription TailLive($database:String!$queue:String!$after:BigInt$filter:EventFilter){tail(database:$database queue:$queue after:$after filter:$filter){__typename ...on TickBatch{tickId events{...eventFields}}...on Gap{fromTick toTick reason}}}fragment eventFields on Event{eventId time txid retry type data extra1 extra2 extra3 extra4}`

export const FleetDocument: TypedDocument<FleetQuery, FleetQueryVariables> = `query Fleet{databases{name engine pgqVersion postgresVersion ticker{state madeBy overdueQueueCount lastError}}}`

export const NamesDocument: TypedDocument<NamesQuery, NamesQueryVariables> = `query Names{me{name expiresAt}databases{name}}`

export const MoversDocument: TypedDocument<MoversQuery, MoversQueryVariables> = `query Movers{movers{...moverFigures}}fragment moverFigures on Mover{name consumer database queue queueBy subject paused reason sources{database queue state lagSeconds pendingEvents eventsMoved reason}}`

export const MoversLiveDocument: TypedDocument<MoversLiveSubscription, MoversLiveSubscriptionVariables> = `subscription MoversLive{moverStats(intervalSeconds:2){...moverFigures}}fragment moverFigures on Mover{name consumer database queue queueBy subject paused reason sources{database queue state lagSeconds pendingEvents eventsMoved reason}}`

export const QueueDetailsDocument: TypedDocument<QueueDetailsQuery, QueueDetailsQueryVariables> = `query QueueDetails($database:String!$queue:String!){queue(database:$database name:$queue){name tickerMaxCount tickerMaxLagSeconds tickerIdlePeriodSeconds rotationPeriodSeconds tickerPaused externalTicker tableCount currentEventTable switchTime eventTypes{type version enforced registeredAt schema}}me{read:may(database:$database queue:$queue verbs:[READ])publish:may(database:$database queue:$queue verbs:[PUBLISH])manage:may(database:$database queue:$queue verbs:[MANAGE])}}`

export const QueueLiveDocument: TypedDocument<QueueLiveSubscription, QueueLiveSubscriptionVariables> = `subscription QueueLive($database:String!$queue:String!){queueStats(database:$database queues:[$queue]){...queueFigures eventTableBytes rotationBlocker{since heldTables heldBytes}}}fragment queueFigures on Queue{name currentEventsPerSecond newEvents retryCount deadLetterCount tickerPaused externalTicker tickOverdueSeconds tickerLagSeconds rotationBlocker{kind session message consumer{name pendingEvents openBatchSeconds lastSeenSeconds}}consumers{nodes{...consumerFigures}}}fragment consumerFigures on Consumer{name cooperative connected lagSeconds lastSeenSeconds oldestPendingSeconds openBatchSeconds pendingEvents}`

export const QueueHistoryDocument: TypedDocument<QueueHistoryQuery, QueueHistoryQueryVariables> = `query QueueHistory($database:String!$queue:String!){queue(database:$database name:$queue){history{time seconds eventsPerSecond ticksPerSecond}consumers{nodes{history{time oldestPendingSeconds}}}}}`

export const RecentTicksDocument: TypedDocument<RecentTicksQuery, RecentTicksQueryVariables> = `query RecentTicks($database:String!$queue:String!$last:Int!){queue(database:$database name:$queue){ticks(last:$last){nodes{tickId time eventSeq}}}}`

export const TicksLiveDocument: TypedDocument<TicksLiveSubscription, TicksLiveSubscriptionVariables> = `subscription TicksLive($database:String!$queue:String!){ticks(database:$database queue:$queue){__typename ...on Tick{tickId time eventSeq}}}`

export const SetQueueConfigDocument: TypedDocument<SetQueueConfigMutation, SetQueueConfigMutationVariables> = `mutation SetQueueConfig($input:SetQueueConfigInput!){setQueueConfig(input:$input){queue{name}}}`

export const PauseTickerDocument: TypedDocument<PauseTickerMutation, PauseTickerMutationVariables> = `mutation PauseTicker($database:String!$queue:String!){pauseTicker(input:{database:$database queue:$queue}){queue{name}}}`

export const ResumeTickerDocument: TypedDocument<ResumeTickerMutation, ResumeTickerMutationVariables> = `mutation ResumeTicker($database:String!$queue:String!){resumeTicker(input:{database:$database queue:$queue}){queue{name}}}`

export const DropQueueDocument: TypedDocument<DropQueueMutation, DropQueueMutationVariables> = `mutation DropQueue($input:DropQueueInput!){dropQueue(input:$input){dropped}}`

export const PublishEventDocument: TypedDocument<PublishEventMutation, PublishEventMutationVariables> = `mutation PublishEvent($input:InsertEventInput!){insertEvent(input:$input){eventId}}`

export const QueuePageDocument: TypedDocument<QueuePageQuery, QueuePageQueryVariables> = `query QueuePage($database:String!$after:String){queues(database:$database first:250 after:$after){nodes{...queueFigures}pageInfo{hasNextPage endCursor}}}fragment queueFigures on Queue{name currentEventsPerSecond newEvents retryCount deadLetterCount tickerPaused externalTicker tickOverdueSeconds tickerLagSeconds rotationBlocker{kind session message consumer{name pendingEvents openBatchSeconds lastSeenSeconds}}consumers{nodes{...consumerFigures}}}fragment consumerFigures on Consumer{name cooperative connected lagSeconds lastSeenSeconds oldestPendingSeconds openBatchSeconds pendingEvents}`

export const QueuesLiveDocument: TypedDocument<QueuesLiveSubscription, QueuesLiveSubscriptionVariables> = `subscription QueuesLive($database:String!$queues:[String!]){queueStats(database:$database queues:$queues){...queueFigures}}fragment queueFigures on Queue{name currentEventsPerSecond newEvents retryCount deadLetterCount tickerPaused externalTicker tickOverdueSeconds tickerLagSeconds rotationBlocker{kind session message consumer{name pendingEvents openBatchSeconds lastSeenSeconds}}consumers{nodes{...consumerFigures}}}fragment consumerFigures on Consumer{name cooperative connected lagSeconds lastSeenSeconds oldestPendingSeconds openBatchSeconds pendingEvents}`

export const MayInDatabaseDocument: TypedDocument<MayInDatabaseQuery, MayInDatabaseQueryVariables> = `query MayInDatabase($database:String!){me{manage:may(database:$database verbs:[MANAGE])}}`

export const CreateQueueDocument: TypedDocument<CreateQueueMutation, CreateQueueMutationVariables> = `mutation CreateQueue($input:CreateQueueInput!){createQueue(input:$input){created}}`

export const SearchEventsDocument: TypedDocument<SearchEventsQuery, SearchEventsQueryVariables> = `query SearchEvents($database:String!$queue:String!$filter:EventSearch!$first:Int!$after:String){events(database:$database queue:$queue filter:$filter first:$first after:$after){nodes{...eventFields}searchedTo{eventId time}complete pageInfo{endCursor}}}fragment eventFields on Event{eventId time txid retry type data extra1 extra2 extra3 extra4}`