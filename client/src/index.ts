/// <reference lib="esnext.disposable" preserve="true" />

export type { Batch, OpenBatch } from './batch.ts'
export { createClient } from './client.ts'
export type { BatchHandler, Consumption, StopOptions } from './consume.ts'
export type { ConsumeOptions } from './consume-options.ts'
export type { TypedDocument } from './document.ts'
export { PgqClientError } from './errors.ts'
export type { Event } from './event.ts'
export type {
  EventBatch,
  EventConsumeOptions,
  EventHandler,
  EventHandlers,
  InvalidHandler,
  TypedHandlers,
} from './event-handlers.ts'
export type { EventTypeDifference } from './event-type-difference.ts'
export type {
  EventExtras,
  KnownEventTypes,
  ReceivedEvent,
  TypedEvent,
  TypedEventInput,
  TypedEvents,
  UnknownEvent,
} from './event-types.ts'
export { ErrorCode, type GapReason } from './generated/enums.ts'
export type { CreateQueueInput, EventFilter, EventInput } from './generated/operations.ts'
export { InvalidPayloadError } from './invalid-payload.ts'
export { type EventOutcome, type FailOutcome, fail, type RetryOutcome, retry } from './outcome.ts'
export type { CallOptions, ClientOptions, PgqClient, TypedClientOptions } from './pgq-client.ts'
export type { ConsumeProblem } from './problem.ts'
export { createPublisher, type Publisher, type PublisherOptions } from './publisher.ts'
export type { RetryOptions } from './retry-policy.ts'
export type { Gap, TailMessage, TailOptions, TickBatch } from './tail.ts'
export type { TransportFactory } from './transport.ts'
export type { WebSocketConstructor, WebSocketLike } from './web-socket.ts'
export { type WebSocketOptions, webSocket } from './web-socket-transport.ts'
