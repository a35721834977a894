import type { EventFieldsFragment } from './generated/operations.ts'

/** An event of a queue. Ids are int8 as decimal strings. */
export interface Event extends Readonly<EventFieldsFragment> {
  /**
   * `data` parsed as JSON, at the first use. It is null where `data` is not JSON, such as the URL encoding of
   * logutriga.
   *
   * Numbers past 2^53 lose digits, as in every `JSON.parse`: take those from `data`.
   */
  readonly json: unknown
}

export function toEvent(fields: EventFieldsFragment): Event {
  return new ReceivedEvent(fields)
}

class ReceivedEvent implements Event {
  readonly eventId: string
  readonly time: string
  readonly txid: string
  readonly type: string | null
  readonly data: string | null
  readonly extra1: string | null
  readonly extra2: string | null
  readonly extra3: string | null
  readonly extra4: string | null
  readonly retry: number | null
  #json: unknown

  constructor(fields: EventFieldsFragment) {
    this.eventId = fields.eventId
    this.time = fields.time
    this.txid = fields.txid
    this.type = fields.type
    this.data = fields.data
    this.extra1 = fields.extra1
    this.extra2 = fields.extra2
    this.extra3 = fields.extra3
    this.extra4 = fields.extra4
    this.retry = fields.retry
  }

  get json(): unknown {
    if (this.#json === undefined) this.#json = parse(this.data)
    return this.#json
  }
}

function parse(data: string | null): unknown {
  if (data === null) return null
  try {
    return JSON.parse(data)
  } catch {
    return null
  }
}
