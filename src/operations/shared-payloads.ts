import type { Payload } from './payload.ts'

export type PromiseOrValue<Value> = Promise<Value> | Value

/** Shares results among subscribers of the same operation, so that each message is executed once. */
export class SharedPayloads {
  /** Results by message and operation, kept for as long as the stream keeps the message. */
  readonly #payloads = new WeakMap<object, Map<string, PromiseOrValue<Payload>>>()

  /**
   * Finds the result of an operation on a message, or makes it.
   *
   * @param message One object for all subscribers that get the same message.
   * @param operationKey Key that is equal for equal operations.
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
        // Every holder of the promise handles its rejection.
        () => payloads.delete(operationKey),
      )
    }
    return payload
  }
}
