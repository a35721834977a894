import type { Credentials } from '../access/credentials.ts'
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
  readonly caller: { readonly name: string; readonly credentials: Credentials }
  readonly instrumentation: Instrumentation | undefined
  payloadOf(message: SourceMessage): PromiseOrValue<Payload>
  unauthenticated(): Payload
}

/**
 * Turns a subscription's messages into results, for as long as its caller's credentials are good. It never throws: an error
 * becomes the last result.
 */
export class PayloadStream implements Sink<SourceMessage> {
  readonly #source: MessageSource
  readonly #subscription: Subscription
  readonly #onEnd: () => void
  #sink: Sink<Payload> | undefined
  /** Takes back that this hears of the end of the credentials. */
  readonly #unwatch: () => void
  #isOver = false
  /** Whether the credentials ended before anybody read the stream. */
  #isUntold = false

  constructor(source: MessageSource, subscription: Subscription, onEnd: () => void) {
    this.#onEnd = onEnd
    this.#source = source
    this.#subscription = subscription
    this.#unwatch = subscription.caller.credentials.onEnd(() => this.#refuse())
    this.#tell('opened')
  }

  pipe(sink: Sink<Payload>): void {
    this.#sink = sink
    if (this.#isUntold) this.#giveRefusal(sink)
    else this.#source.pipe(this)
  }

  return(): Promise<unknown> {
    // Nobody has begun to read it, so nobody is told of its end.
    if (!this.#sink) this.#ended()
    return this.#source.return()
  }

  give(message: SourceMessage): Promise<unknown> | undefined {
    if (this.#subscription.caller.credentials.hasEnded) this.#refuse()
    if (this.#isOver) return undefined
    const payload = this.#subscription.payloadOf(message)
    return payload instanceof Promise ? payload.then((made) => this.#give(made)) : this.#give(payload)
  }

  end(): void {
    if (this.#ended()) this.#sink?.end()
  }

  fail(error: unknown): void {
    if (this.#ended()) this.#sink?.fail(error)
  }

  /** Ends the stream and what it holds, and says why. */
  #refuse(): void {
    if (!this.#ended()) return
    if (this.#sink) this.#giveRefusal(this.#sink)
    else this.#isUntold = true
    void this.#source.return()
  }

  #giveRefusal(sink: Sink<Payload>): void {
    void sink.give(this.#subscription.unauthenticated())
    sink.end()
  }

  #give(payload: Payload): Promise<unknown> | undefined {
    if (this.#isOver) return undefined
    if (this.#subscription.instrumentation) this.#tellDelivery()
    return this.#sink?.give(payload)
  }

  #tellDelivery(): void {
    const { name, caller, instrumentation } = this.#subscription
    instrumentation?.delivery?.({ name, caller: caller.name })
  }

  /** @returns False where it had ended before. */
  #ended(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    this.#unwatch()
    this.#onEnd()
    this.#tell('ended')
    return true
  }

  #tell(state: 'opened' | 'ended'): void {
    const { name, caller, instrumentation } = this.#subscription
    instrumentation?.stream?.({ state, name, caller: caller.name })
  }
}
