import type { Credentials } from '../access/credentials.ts'
import type { Instrumentation, Transport } from '../instrumentation.ts'
import type { Sink } from '../pubsub/stream.ts'
import type { Payload } from './payload.ts'
import type { PromiseOrValue } from './shared-payloads.ts'

/** A value that a subscription's field resolves. */
export interface SourceMessage {
  /** One object for all who get the same value. */
  shared?: object
  /** Time of the tick that it is of, null for a gap; left out for what is neither. */
  tickTime?: string | null | undefined
}

/** The value that every subscription's field returns. */
export interface MessageSource {
  /** Name of the field. */
  readonly kind: string
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
  readonly #transport: Transport
  readonly #onEnd: () => void
  #sink: Sink<Payload> | undefined
  /** Takes back that this hears of the end of the credentials. */
  readonly #unwatch: () => void
  #isOver = false
  /** Whether the credentials ended before anybody read the stream. */
  #isUntold = false

  constructor(source: MessageSource, subscription: Subscription, transport: Transport, onEnd: () => void) {
    this.#transport = transport
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
    return payload instanceof Promise
      ? payload.then((made) => this.#give(made, message))
      : this.#give(payload, message)
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

  #give(payload: Payload, { tickTime }: SourceMessage): Promise<unknown> | undefined {
    if (this.#isOver) return undefined
    const room = this.#sink?.give(payload)
    if (this.#subscription.instrumentation) this.#tellDelivery(tickTime)
    return room
  }

  #tellDelivery(tickTime: string | null | undefined): void {
    const { name, caller, instrumentation } = this.#subscription
    instrumentation?.delivery?.({
      name,
      caller: caller.name,
      kind: this.#source.kind,
      tickTime: tickTime ?? null,
      isGap: tickTime === null,
    })
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
    instrumentation?.stream?.({
      state,
      name,
      caller: caller.name,
      kind: this.#source.kind,
      transport: this.#transport,
    })
  }
}
