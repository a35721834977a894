import type { Instrumentation } from '../instrumentation.ts'
import type { Sink } from '../pubsub/stream.ts'
import type { Payload } from './payload.ts'
import type { PromiseOrValue } from './shared-payloads.ts'

/** A value that a subscription's field resolves. `shared` is one object for all who get the same value. */
export interface SourceMessage {
  shared?: object
}

/** The value that every subscription's field returns. */
export interface MessageSource {
  pipe(sink: Sink<SourceMessage>): void
  return(): Promise<unknown>
}

/** An operation that has been subscribed to. */
interface Subscription {
  readonly name: string | null
  readonly caller: { readonly name: string }
  readonly instrumentation: Instrumentation | undefined
  payloadOf(message: SourceMessage): PromiseOrValue<Payload>
}

/** Turns a subscription's messages into results. It never throws: an error becomes the last result. */
export class PayloadStream implements Sink<SourceMessage> {
  readonly #source: MessageSource
  readonly #subscription: Subscription
  readonly #onEnd: () => void
  #sink: Sink<Payload> | undefined
  #isOver = false

  constructor(source: MessageSource, subscription: Subscription, onEnd: () => void) {
    this.#onEnd = onEnd
    this.#source = source
    this.#subscription = subscription
    this.#tell('opened')
  }

  pipe(sink: Sink<Payload>): void {
    this.#sink = sink
    this.#source.pipe(this)
  }

  return(): Promise<unknown> {
    // Nobody has begun to read it, so nobody is told of its end.
    if (!this.#sink) this.#ended()
    return this.#source.return()
  }

  give(message: SourceMessage): Promise<unknown> | undefined {
    const payload = this.#subscription.payloadOf(message)
    return payload instanceof Promise ? payload.then((made) => this.#give(made)) : this.#give(payload)
  }

  end(): void {
    this.#ended()
    this.#sink?.end()
  }

  fail(error: unknown): void {
    this.#ended()
    this.#sink?.fail(error)
  }

  #give(payload: Payload): Promise<unknown> | undefined {
    if (this.#subscription.instrumentation) this.#tellDelivery()
    return this.#sink?.give(payload)
  }

  #tellDelivery(): void {
    const { name, caller, instrumentation } = this.#subscription
    instrumentation?.delivery?.({ name, caller: caller.name })
  }

  #ended(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#onEnd()
    this.#tell('ended')
  }

  #tell(state: 'opened' | 'ended'): void {
    const { name, caller, instrumentation } = this.#subscription
    instrumentation?.stream?.({ state, name, caller: caller.name })
  }
}
