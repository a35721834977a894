import type { Payload } from './payload.ts'

export type PromiseOrValue<Value> = Promise<Value> | Value

/** What subscribers of the same operation have in common, and what makes of their messages one execution. */
export class SharedPayloads {
  /** For as long as the message itself is remembered by the stream that gives it out. */
  readonly #payloads = new WeakMap<object, Map<string, PromiseOrValue<Payload>>>()

  /**
   * @param message The same object for all who are given the same.
   * @param operationKey The same for all who ask the same of it.
   */
  get(message: object, operationKey: string, make: () => PromiseOrValue<Payload>): PromiseOrValue<Payload> {
    let byOperation = this.#payloads.get(message)
    if (!byOperation) {
      byOperation = new Map()
      this.#payloads.set(message, byOperation)
    }
    const known = byOperation.get(operationKey)
    if (known) return known
    const payloads = byOperation
    const payload = make()
    payloads.set(operationKey, payload)
    if (payload instanceof Promise) {
      payload.then(
        (made) => payloads.set(operationKey, made),
        // Each who is given the promise hears of it.
        () => payloads.delete(operationKey),
      )
    }
    return payload
  }
}
