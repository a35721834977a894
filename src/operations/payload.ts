import type { ExecutionResult } from 'graphql'

/** A result in the forms in which it goes over the wire, each made once, whatever the number of its readers. */
export class Payload {
  readonly json: string
  #sseEvent: Buffer | undefined

  constructor(result: ExecutionResult) {
    this.json = JSON.stringify(result)
  }

  /** A `next` event of GraphQL over SSE. */
  get sseEvent(): Buffer {
    this.#sseEvent ??= Buffer.from(`event: next\ndata: ${this.json}\n\n`)
    return this.#sseEvent
  }
}
