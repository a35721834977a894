import type { ExecutionResult } from 'graphql'

/** Results of at least this many characters are kept as bytes alone. */
const LARGE = 65_536

/** Holds a result in its wire forms, each made once for all readers. */
export class Payload {
  /** Whether it takes more than a moment to send. */
  readonly isLarge: boolean
  #json: string | undefined
  #sseEvent: Buffer | undefined
  #sseChunk: Buffer | undefined
  #bytes: Buffer | undefined

  constructor(result: ExecutionResult) {
    const json = JSON.stringify(result)
    this.isLarge = json.length >= LARGE
    if (this.isLarge) this.#bytes = Buffer.from(json)
    else this.#json = json
  }

  /** The result as JSON. */
  get json(): string {
    return this.#json ?? String(this.#bytes)
  }

  /** The result as UTF-8. */
  get bytes(): Buffer {
    this.#bytes ??= Buffer.from(this.json)
    return this.#bytes
  }

  /** A small result as a `next` event of GraphQL over SSE, whose start and end are those of `sseParts`. */
  get sseEvent(): Buffer {
    this.#sseEvent ??= Buffer.from(`${sseParts.start}${this.json}${sseParts.end}`)
    return this.#sseEvent
  }

  /** The same event as a chunk of HTTP/1.1. */
  get sseChunk(): Buffer {
    this.#sseChunk ??= this.#makeChunk()
    return this.#sseChunk
  }

  #makeChunk(): Buffer {
    const { start, end } = chunkAround(this.bytes)
    return Buffer.concat([Buffer.from(start), this.bytes, Buffer.from(end)])
  }
}

/** What stands around a result in a `next` event. */
export const sseParts = { start: 'event: next\ndata: ', end: '\n\n' }

/** What stands around a result, given as UTF-8, in a chunk of HTTP/1.1 that holds a `next` event. */
export function chunkAround(bytes: Buffer): { start: string; end: string } {
  const { start, end } = sseParts
  const length = start.length + bytes.length + end.length
  return { start: `${length.toString(16)}\r\n${start}`, end: `${end}\r\n` }
}
