import type { Instrumentation } from '../instrumentation.ts'
import type { Sink } from '../pubsub/stream.ts'
import type { Payload } from './payload.ts'
import type { PromiseOrValue } from './shared-payloads.ts'

/** A value that a subscription's field resolves. `shared` is one object for all who get the same value. */
export interface SourceMessage {
  shared?: object
}

interface Source {
  pipe(sink: Sink<SourceMessage>): void
  return(): Promise<unknown>
}

interface Subscribed {
  readonly name: string | null
  readonly caller: { readonly name: string }
}

/** Turns a subscription's messages into results. It never throws: an error becomes the last result. */
export class PayloadStream<Prepared extends Subscribed = Subscribed> implements Sink<SourceMessage> {
  readonly #source: Source
  readonly #maker: { payloadOf(message: SourceMessage, prepared: Prepared): PromiseOrValue<Payload> }
  readonly #prepared: Prepared
  readonly #instrumentation: Instrumentation | undefined
  #sink: Sink<Payload> | undefined

  constructor(
    source: Source,
    maker: { payloadOf(message: SourceMessage, prepared: Prepared): PromiseOrValue<Payload> },
    prepared: Prepared,
    instrumentation: Instrumentation | undefined,
  ) {
    this.#source = source
    this.#maker = maker
    this.#prepared = prepared
    this.#instrumentation = instrumentation
    this.#tell('opened')
  }

  pipe(sink: Sink<Payload>): void {
    this.#sink = sink
    this.#source.pipe(this)
  }

  return(): Promise<unknown> {
    return this.#source.return()
  }

  give(message: SourceMessage): Promise<unknown> | undefined {
    const payload = this.#maker.payloadOf(message, this.#prepared)
    return payload instanceof Promise ? payload.then((made) => this.#give(made)) : this.#give(payload)
  }

  end(): void {
    this.#tell('ended')
    this.#sink?.end()
  }

  fail(error: unknown): void {
    this.#tell('ended')
    this.#sink?.fail(error)
  }

  #give(payload: Payload): Promise<unknown> | undefined {
    const { name, caller } = this.#prepared
    this.#instrumentation?.delivery?.({ name, caller: caller.name })
    return this.#sink?.give(payload)
  }

  #tell(state: 'opened' | 'ended'): void {
    const { name, caller } = this.#prepared
    this.#instrumentation?.stream?.({ state, name, caller: caller.name })
  }
}
