interface Message {
  payload: unknown
  length: number
}

/**
 * Keeps the results of a subscription until they are taken. A WebSocket gives them as they come, and cannot be told to
 * wait.
 */
export class MessageQueue {
  readonly #maxLength: number
  readonly #messages: Message[] = []
  #length = 0
  #end: { error: unknown } | undefined
  #wake = () => {}

  /** @param maxLength The most characters of all messages that wait. */
  constructor(maxLength: number) {
    this.#maxLength = maxLength
  }

  /** @returns False when too much waits already: the message is not kept. A single one always has room. */
  push(payload: unknown, length: number): boolean {
    if (this.#messages.length > 0 && this.#length + length > this.#maxLength) return false
    this.#messages.push({ payload, length })
    this.#length += length
    this.#wake()
    return true
  }

  /** Ends the queue after the messages that wait; then `next` throws the error, where there is one. */
  end(error?: unknown): void {
    this.#end ??= { error }
    this.#wake()
  }

  /** Ends the queue now, without the messages that wait. */
  abort(error: unknown): void {
    this.#messages.length = 0
    this.#end = { error }
    this.#wake()
  }

  /** @returns Undefined at the end. */
  async next(): Promise<unknown> {
    while (this.#messages.length === 0 && !this.#end) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const message = this.#messages.shift()
    if (message) {
      this.#length -= message.length
      return message.payload
    }
    if (this.#end?.error !== undefined) throw this.#end.error
    return undefined
  }
}
