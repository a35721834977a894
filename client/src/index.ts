/// <reference lib="esnext.disposable" preserve="true" />

export { createClient } from './client.ts'
export type { Batch, OpenBatch } from './consume/batch.ts'
export type { BatchHandler, Consumption, StopOptions } from './consume/consume.ts'
export type { ConsumeOptions } from './consume/consume-options.ts'
export type {
  EventBatch,
  EventConsumeOptions,
  EventHandler,
  EventHandlers,
  InvalidHandler,
  TypedHandlers,
} from './consume/event-handlers.ts'
export { type EventOutcome, type FailOutcome, fail, type RetryOutcome, retry } from './consume/outcome.ts'
export type { ConsumeProblem } from './consume/problem.ts'
export type { RetryOptions } from './consume/retry-policy.ts'
export type { TypedDocument } from './document.ts'
export { PgqClientError } from './errors.ts'
export type { Event } from './event.ts'
export type { EventTypeDifference } from './event-types/event-type-difference.ts'
export type {
  EventExtras,
  KnownEventTypes,
  ReceivedEvent,
  TypedEvent,
  TypedEventInput,
  TypedEvents,
  UnknownEvent,
} from './event-types/event-types.ts'
export { InvalidPayloadError } from './event-types/invalid-payload.ts'
export { ErrorCode, type GapReason } from './generated/enums.ts'
export type { CreateQueueInput, EventFilter, EventInput } from './generated/operations.ts'
export type { DeadLetter, DeadLetterOptions, DeadLetterSelection } from './manage/dead-letters.ts'
export type { RegisterOptions, UnregisterOptions } from './manage/registration.ts'
export type {
  ConsumerInfo,
  ConsumerStatsOptions,
  QueueInfo,
  QueueStatsOptions,
  QueuesOptions,
  StatsOptions,
} from './manage/statistics.ts'
export type { CallOptions, ClientOptions, PgqClient, TypedClientOptions } from './pgq-client.ts'
export { createPublisher, type Publisher, type PublisherOptions } from './publish/publisher.ts'
export type { Gap, TailMessage, TailOptions, TickBatch } from './tail.ts'
export type { Tracing } from './tracing.ts'
export type { TransportFactory } from './transport/transport.ts'
export type { WebSocketConstructor, WebSocketLike } from './transport/web-socket.ts'
export { type WebSocketOptions, webSocket } from './transport/web-socket-transport.ts'
