// Made by `npm run generate:client` from schema.graphql and client/src/documents; do not edit.
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocument } from '../document.ts'
/** What becomes of the batch that a leaving member holds. */
export type BatchHandling =
  /** Its events are dropped. */
  | 'DISCARD'
  /** Refuse with BATCH_ACTIVE. */
  | 'FAIL'
  /** Its events go to the retry queue and reach the group again. */
  | 'RETRY_EVENTS';

export type BatchesInput = {
  consumer: string;
  /** Which of the databases of this server. */
  database?: string;
  /** A member whose connection is gone loses its batch to the group after this. From 1, default 30. */
  deadIntervalSeconds?: number | null | undefined;
  /** The stream ends with TIMEOUT when its batch is open for this long without touchBatch. For connections that may be dead without telling, such as SSE. From 1; null: the connection alone counts. */
  heartbeatSeconds?: number | null | undefined;
  /** Gather ticks until there are this many events, or minIntervalSeconds have passed. */
  minCount?: number | null | undefined;
  /** Gather ticks until the batch spans this long, or has minCount events. */
  minIntervalSeconds?: number | null | undefined;
  /** The closing tick must be this old. */
  minLagSeconds?: number | null | undefined;
  queue: string;
  /** Wait while another worker consumes, and take over from it; else that is CONSUMER_BUSY. */
  standby?: boolean;
  /** Consume as this member of a cooperative consumer; registered where missing. */
  subconsumer?: string | null | undefined;
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

/** Give deadLetterIds, or a queue for all of its dead letters, or a queue and a consumer. */
export type DeleteDeadLettersInput = {
  consumer?: string | null | undefined;
  /** Which of the databases of this server. */
  database?: string;
  deadLetterIds?: Array<string> | null | undefined;
  queue?: string | null | undefined;
};

export type EventFailureInput = {
  eventId: string;
  reason?: string | null | undefined;
};

/** Conditions that an event must all meet. */
export type EventFilter = {
  extra1?: string | null | undefined;
  extra2?: string | null | undefined;
  extra3?: string | null | undefined;
  extra4?: string | null | undefined;
  /** Its type is one of these. */
  types?: Array<string> | null | undefined;
};

/** At least one field must be given; an empty string will do. */
export type EventInput = {
  /** Any text, such as JSON. */
  data?: string | null | undefined;
  extra1?: string | null | undefined;
  extra2?: string | null | undefined;
  extra3?: string | null | undefined;
  extra4?: string | null | undefined;
  /** Stands for data: any JSON value up to 1000 deep, stored as its text. No number is changed. */
  json?: unknown;
  type?: string | null | undefined;
};

export type EventRetryInput = {
  afterSeconds?: number;
  eventId: string;
};

export type FinishBatchInput = {
  batchId: string;
  /** Which of the databases of this server. */
  database?: string;
  /** Events to give up on: they become dead letters. */
  failures?: Array<EventFailureInput> | null | undefined;
  /** From the batch, unless it was opened outside this API. */
  leaseToken?: string | null | undefined;
  /** Events that follow from the batch. */
  publish?: Array<PublishInput> | null | undefined;
  /** Events to deliver again. */
  retries?: Array<EventRetryInput> | null | undefined;
  /** Parts of stageSettlement that are settled along with this, in the order in which they are published. NOT_FOUND when they must be staged again. */
  stagedParts?: Array<number> | null | undefined;
};

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

export type InsertEventsInput = {
  /** Which of the databases of this server. */
  database?: string;
  /** At most the server's limit (default 10,000). */
  events: Array<EventInput>;
  queue: string;
};

/** An event and the queue that it goes to. */
export type PublishInput = {
  /** Any text, such as JSON. */
  data?: string | null | undefined;
  extra1?: string | null | undefined;
  extra2?: string | null | undefined;
  extra3?: string | null | undefined;
  extra4?: string | null | undefined;
  /** Stands for data: any JSON value up to 1000 deep, stored as its text. No number is changed. */
  json?: unknown;
  queue: string;
  type?: string | null | undefined;
};

export type RegisterConsumerInput = {
  /** Where it starts, or is moved to; the newest tick by default. Moving gives up a batch that it has open. */
  atTick?: string | null | undefined;
  consumer: string;
  /** Which of the databases of this server. */
  database?: string;
  queue: string;
};

export type RegisterSubconsumerInput = {
  /** Registered too where it is missing. */
  consumer: string;
  /** Which of the databases of this server. */
  database?: string;
  queue: string;
  /** Any text without a dot. */
  subconsumer: string;
};

/** Give deadLetterIds, or a queue for all of its dead letters, or a queue and a consumer. */
export type RequeueDeadLettersInput = {
  consumer?: string | null | undefined;
  /** Which of the databases of this server. */
  database?: string;
  deadLetterIds?: Array<string> | null | undefined;
  queue?: string | null | undefined;
};

export type StageSettlementInput = {
  batchId: string;
  /** Which of the databases of this server. */
  database?: string;
  failures?: Array<EventFailureInput> | null | undefined;
  leaseToken: string;
  /** Any number. The same one again replaces the part, so that a call may be repeated; give other content another one. */
  part: number;
  publish?: Array<PublishInput> | null | undefined;
  /** Parts that are not wanted any more: they are dropped. */
  replaces?: Array<number> | null | undefined;
  retries?: Array<EventRetryInput> | null | undefined;
};

export type TouchBatchInput = {
  batchId: string;
  /** Which of the databases of this server. */
  database?: string;
  /** From the batch, unless it was opened outside this API. */
  leaseToken?: string | null | undefined;
};

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

export type BatchesSubscriptionVariables = Exact<{
  input: BatchesInput;
  first?: number | null | undefined;
}>;


export type BatchesSubscription = { batches: { batchId: string, leaseToken: string | null, consumerName: string, prevTickId: string, tickId: string, startTime: string, endTime: string, eventPage: { hasNextPage: boolean, endCursor: string | null, events: Array<{ eventId: string, time: string, txid: string, type: string | null, data: string | null, extra1: string | null, extra2: string | null, extra3: string | null, extra4: string | null, retry: number | null }> } } };

export type BatchPageQueryVariables = Exact<{
  database: string;
  id: string;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type BatchPageQuery = { batch: { eventPage: { hasNextPage: boolean, endCursor: string | null, events: Array<{ eventId: string, time: string, txid: string, type: string | null, data: string | null, extra1: string | null, extra2: string | null, extra3: string | null, extra4: string | null, retry: number | null }> } } | null };

export type FinishBatchMutationVariables = Exact<{
  input: FinishBatchInput;
}>;


export type FinishBatchMutation = { finishBatch: { finished: boolean } };

export type TouchBatchMutationVariables = Exact<{
  input: TouchBatchInput;
}>;


export type TouchBatchMutation = { touchBatch: { touched: boolean } };

export type StageSettlementMutationVariables = Exact<{
  input: StageSettlementInput;
}>;


export type StageSettlementMutation = { stageSettlement: { staged: boolean } };

export type DeadLettersQueryVariables = Exact<{
  database: string;
  queue?: string | null | undefined;
  consumer?: string | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type DeadLettersQuery = { deadLetters: { nodes: Array<{ deadLetterId: string, consumerName: string, failedAt: string, reason: string | null, queue: { name: string }, event: { eventId: string, time: string, txid: string, type: string | null, data: string | null, extra1: string | null, extra2: string | null, extra3: string | null, extra4: string | null, retry: number | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type RequeueDeadLettersMutationVariables = Exact<{
  input: RequeueDeadLettersInput;
}>;


export type RequeueDeadLettersMutation = { requeueDeadLetters: { requeuedCount: number } };

export type DeleteDeadLettersMutationVariables = Exact<{
  input: DeleteDeadLettersInput;
}>;


export type DeleteDeadLettersMutation = { deleteDeadLetters: { deletedCount: number } };

export type EventTypesQueryVariables = Exact<{
  database: string;
}>;


export type EventTypesQuery = { eventTypes: Array<{ type: string, version: number, queue: { name: string } }> };

export type EventFieldsFragment = { eventId: string, time: string, txid: string, type: string | null, data: string | null, extra1: string | null, extra2: string | null, extra3: string | null, extra4: string | null, retry: number | null };

export type EventPageFieldsFragment = { hasNextPage: boolean, endCursor: string | null, events: Array<{ eventId: string, time: string, txid: string, type: string | null, data: string | null, extra1: string | null, extra2: string | null, extra3: string | null, extra4: string | null, retry: number | null }> };

export type OpenBatchFragment = { batchId: string, leaseToken: string | null, consumerName: string, prevTickId: string, tickId: string, startTime: string, endTime: string };

export type InsertEventMutationVariables = Exact<{
  input: InsertEventInput;
}>;


export type InsertEventMutation = { insertEvent: { eventId: string } };

export type InsertEventsMutationVariables = Exact<{
  input: InsertEventsInput;
}>;


export type InsertEventsMutation = { insertEvents: { eventIds: Array<string> } };

export type CreateQueueMutationVariables = Exact<{
  input: CreateQueueInput;
}>;


export type CreateQueueMutation = { createQueue: { created: boolean } };

export type RegisterConsumerMutationVariables = Exact<{
  input: RegisterConsumerInput;
}>;


export type RegisterConsumerMutation = { registerConsumer: { registered: boolean } };

export type RegisterSubconsumerMutationVariables = Exact<{
  input: RegisterSubconsumerInput;
}>;


export type RegisterSubconsumerMutation = { registerSubconsumer: { registered: boolean } };

export type UnregisterConsumerMutationVariables = Exact<{
  input: UnregisterConsumerInput;
}>;


export type UnregisterConsumerMutation = { unregisterConsumer: { unregisteredCount: number } };

export type UnregisterSubconsumerMutationVariables = Exact<{
  input: UnregisterSubconsumerInput;
}>;


export type UnregisterSubconsumerMutation = { unregisterSubconsumer: { unregistered: boolean } };

export type QueueFieldsFragment = { name: string, lastTickId: string | null, tickerLagSeconds: number | null, tickOverdueSeconds: number | null, currentEventsPerSecond: number, eventsPerSecond: number | null, newEvents: string | null, retryCount: string, deadLetterCount: string, tickerPaused: boolean, externalTicker: boolean, tickerMaxCount: number, tickerMaxLagSeconds: number, tickerIdlePeriodSeconds: number, rotationPeriodSeconds: number };

export type ConsumerFieldsFragment = { name: string, cooperative: boolean, lastTick: string | null, nextTick: string | null, connected: boolean, oldestPendingSeconds: number | null, openBatchSeconds: number | null, lagSeconds: number, lastSeenSeconds: number, pendingEvents: string | null };

export type QueuesQueryVariables = Exact<{
  database: string;
  nameLike?: string | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type QueuesQuery = { queues: { nodes: Array<{ name: string, lastTickId: string | null, tickerLagSeconds: number | null, tickOverdueSeconds: number | null, currentEventsPerSecond: number, eventsPerSecond: number | null, newEvents: string | null, retryCount: string, deadLetterCount: string, tickerPaused: boolean, externalTicker: boolean, tickerMaxCount: number, tickerMaxLagSeconds: number, tickerIdlePeriodSeconds: number, rotationPeriodSeconds: number }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type QueueStatsSubscriptionVariables = Exact<{
  database: string;
  queues?: Array<string> | string | null | undefined;
  intervalSeconds: number;
}>;


export type QueueStatsSubscription = { queueStats: Array<{ name: string, lastTickId: string | null, tickerLagSeconds: number | null, tickOverdueSeconds: number | null, currentEventsPerSecond: number, eventsPerSecond: number | null, newEvents: string | null, retryCount: string, deadLetterCount: string, tickerPaused: boolean, externalTicker: boolean, tickerMaxCount: number, tickerMaxLagSeconds: number, tickerIdlePeriodSeconds: number, rotationPeriodSeconds: number }> };

export type ConsumerStatsSubscriptionVariables = Exact<{
  database: string;
  queue?: string | null | undefined;
  intervalSeconds: number;
}>;


export type ConsumerStatsSubscription = { consumerStats: Array<{ name: string, cooperative: boolean, lastTick: string | null, nextTick: string | null, connected: boolean, oldestPendingSeconds: number | null, openBatchSeconds: number | null, lagSeconds: number, lastSeenSeconds: number, pendingEvents: string | null, queue: { name: string } }> };

export type TailSubscriptionVariables = Exact<{
  database: string;
  queue: string;
  after?: string | null | undefined;
  filter?: EventFilter | null | undefined;
}>;


export type TailSubscription = { tail:
    | { __typename: 'Gap', fromTick: string, toTick: string, reason: GapReason }
    | { __typename: 'TickBatch', tickId: string, prevTickId: string, time: string, isComplete: boolean, events: Array<{ eventId: string, time: string, txid: string, type: string | null, data: string | null, extra1: string | null, extra2: string | null, extra3: string | null, extra4: string | null, retry: number | null }> }
   };

export type QueueTickQueryVariables = Exact<{
  database: string;
  queue: string;
}>;


export type QueueTickQuery = { queue: { lastTickId: string | null } | null };

export const BatchesDocument: TypedDocument<BatchesSubscription, BatchesSubscriptionVariables> = `subscription Batches($input:BatchesInput!$first:Int){batches(input:$input){...OpenBatch eventPage(first:$first){...EventPageFields}}}fragment OpenBatch on Batch{batchId leaseToken consumerName prevTickId tickId startTime endTime}fragment EventPageFields on EventPage{events{...EventFields}hasNextPage endCursor}fragment EventFields on Event{eventId time txid type data extra1 extra2 extra3 extra4 retry}`

export const BatchPageDocument: TypedDocument<BatchPageQuery, BatchPageQueryVariables> = `query BatchPage($database:String!$id:BigInt!$first:Int$after:BigInt){batch(database:$database id:$id){eventPage(first:$first after:$after){...EventPageFields}}}fragment EventPageFields on EventPage{events{...EventFields}hasNextPage endCursor}fragment EventFields on Event{eventId time txid type data extra1 extra2 extra3 extra4 retry}`

export const FinishBatchDocument: TypedDocument<FinishBatchMutation, FinishBatchMutationVariables> = `mutation FinishBatch($input:FinishBatchInput!){finishBatch(input:$input){finished}}`

export const TouchBatchDocument: TypedDocument<TouchBatchMutation, TouchBatchMutationVariables> = `mutation TouchBatch($input:TouchBatchInput!){touchBatch(input:$input){touched}}`

export const StageSettlementDocument: TypedDocument<StageSettlementMutation, StageSettlementMutationVariables> = `mutation StageSettlement($input:StageSettlementInput!){stageSettlement(input:$input){staged}}`

export const DeadLettersDocument: TypedDocument<DeadLettersQuery, DeadLettersQueryVariables> = `query DeadLetters($database:String!$queue:String$consumer:String$first:Int$after:String){deadLetters(database:$database queue:$queue consumer:$consumer first:$first after:$after){nodes{deadLetterId queue{name}consumerName failedAt reason event{...EventFields}}pageInfo{hasNextPage endCursor}}}fragment EventFields on Event{eventId time txid type data extra1 extra2 extra3 extra4 retry}`

export const RequeueDeadLettersDocument: TypedDocument<RequeueDeadLettersMutation, RequeueDeadLettersMutationVariables> = `mutation RequeueDeadLetters($input:RequeueDeadLettersInput!){requeueDeadLetters(input:$input){requeuedCount}}`

export const DeleteDeadLettersDocument: TypedDocument<DeleteDeadLettersMutation, DeleteDeadLettersMutationVariables> = `mutation DeleteDeadLetters($input:DeleteDeadLettersInput!){deleteDeadLetters(input:$input){deletedCount}}`

export const EventTypesDocument: TypedDocument<EventTypesQuery, EventTypesQueryVariables> = `query EventTypes($database:String!){eventTypes(database:$database){queue{name}type version}}`

export const InsertEventDocument: TypedDocument<InsertEventMutation, InsertEventMutationVariables> = `mutation InsertEvent($input:InsertEventInput!){insertEvent(input:$input){eventId}}`

export const InsertEventsDocument: TypedDocument<InsertEventsMutation, InsertEventsMutationVariables> = `mutation InsertEvents($input:InsertEventsInput!){insertEvents(input:$input){eventIds}}`

export const CreateQueueDocument: TypedDocument<CreateQueueMutation, CreateQueueMutationVariables> = `mutation CreateQueue($input:CreateQueueInput!){createQueue(input:$input){created}}`

export const RegisterConsumerDocument: TypedDocument<RegisterConsumerMutation, RegisterConsumerMutationVariables> = `mutation RegisterConsumer($input:RegisterConsumerInput!){registerConsumer(input:$input){registered}}`

export const RegisterSubconsumerDocument: TypedDocument<RegisterSubconsumerMutation, RegisterSubconsumerMutationVariables> = `mutation RegisterSubconsumer($input:RegisterSubconsumerInput!){registerSubconsumer(input:$input){registered}}`

export const UnregisterConsumerDocument: TypedDocument<UnregisterConsumerMutation, UnregisterConsumerMutationVariables> = `mutation UnregisterConsumer($input:UnregisterConsumerInput!){unregisterConsumer(input:$input){unregisteredCount}}`

export const UnregisterSubconsumerDocument: TypedDocument<UnregisterSubconsumerMutation, UnregisterSubconsumerMutationVariables> = `mutation UnregisterSubconsumer($input:UnregisterSubconsumerInput!){unregisterSubconsumer(input:$input){unregistered}}`

export const QueuesDocument: TypedDocument<QueuesQuery, QueuesQueryVariables> = `query Queues($database:String!$nameLike:String$first:Int$after:String){queues(database:$database nameLike:$nameLike first:$first after:$after){nodes{...QueueFields}pageInfo{hasNextPage endCursor}}}fragment QueueFields on Queue{name lastTickId tickerLagSeconds tickOverdueSeconds currentEventsPerSecond eventsPerSecond newEvents retryCount deadLetterCount tickerPaused externalTicker tickerMaxCount tickerMaxLagSeconds tickerIdlePeriodSeconds rotationPeriodSeconds}`

export const QueueStatsDocument: TypedDocument<QueueStatsSubscription, QueueStatsSubscriptionVariables> = `subscription QueueStats($database:String!$queues:[String!]$intervalSeconds:Float!){queueStats(database:$database queues:$queues intervalSeconds:$intervalSeconds){...QueueFields}}fragment QueueFields on Queue{name lastTickId tickerLagSeconds tickOverdueSeconds currentEventsPerSecond eventsPerSecond newEvents retryCount deadLetterCount tickerPaused externalTicker tickerMaxCount tickerMaxLagSeconds tickerIdlePeriodSeconds rotationPeriodSeconds}`

export const ConsumerStatsDocument: TypedDocument<ConsumerStatsSubscription, ConsumerStatsSubscriptionVariables> = `subscription ConsumerStats($database:String!$queue:String$intervalSeconds:Float!){consumerStats(database:$database queue:$queue intervalSeconds:$intervalSeconds){...ConsumerFields queue{name}}}fragment ConsumerFields on Consumer{name cooperative lastTick nextTick connected oldestPendingSeconds openBatchSeconds lagSeconds lastSeenSeconds pendingEvents}`

export const TailDocument: TypedDocument<TailSubscription, TailSubscriptionVariables> = `subscription Tail($database:String!$queue:String!$after:BigInt$filter:EventFilter){tail(database:$database queue:$queue after:$after filter:$filter){__typename ...on TickBatch{tickId prevTickId time isComplete events{...EventFields}}...on Gap{fromTick toTick reason}}}fragment EventFields on Event{eventId time txid type data extra1 extra2 extra3 extra4 retry}`

export const QueueTickDocument: TypedDocument<QueueTickQuery, QueueTickQueryVariables> = `query QueueTick($database:String!$queue:String!){queue(database:$database name:$queue){lastTickId}}`