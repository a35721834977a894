import type { ExecutionResult } from 'graphql'

/** Holds a result in its wire forms, each made once for all readers. */
export class Payload {
  readonly json: string
  #sseEvent: Buffer | undefined
  #bytes: Buffer | undefined

  constructor(result: ExecutionResult) {
    this.json = JSON.stringify(result)
  }

  /** The result as UTF-8. */
  get bytes(): Buffer {
    this.#bytes ??= Buffer.from(this.json)
    return this.#bytes
  }

  /** The result as a `next` event of GraphQL over SSE. */
  get sseEvent(): Buffer {
    this.#sseEvent ??= Buffer.from(`event: next\ndata: ${this.json}\n\n`)
    return this.#sseEvent
  }
}
