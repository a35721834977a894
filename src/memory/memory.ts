import { getHeapStatistics } from 'node:v8'
import { AnswerTurn } from './answer-turn.ts'
import { Share } from './share.ts'
import { UnsentBytes } from './unsent.ts'

/** What the process takes without clients: code, caches, connections (bytes). */
const OWN_BYTES = 200 * 1024 * 1024
/** Bytes that a gateway needs at least to serve one request of any size after another. */
const LEAST_BYTES = 128 * 1024 * 1024

/** Copies of an answer's events that are made on the way: rows, values, text and bytes. */
const COPIES = 8
/** What a field of an answer takes in memory, about (bytes). */
const FIELD_BYTES = 100

/** Requests, messages and answers of at most this size wait for no turn, and are not counted (bytes). */
export const SMALL_BYTES = 65_536

/** Divides the memory that a gateway may hold for its clients. */
export class Memory {
  /** Large bodies and messages while they arrive. */
  readonly arriving: Share
  /** Large requests while they are worked on. */
  readonly requests: Share
  /** What open streams keep. */
  readonly streams: Share
  /** Events on their way from one database to another. */
  readonly moves: Share
  /** Large answers and messages that clients have yet to read. */
  readonly unsent: UnsentBytes
  /** Largest page of events that there is room for (bytes). */
  readonly largestPageBytes: number
  /** Pages of events up to this size are read without a turn (bytes). */
  readonly smallPageBytes: number
  readonly #pages: Share
  readonly #lists: Share

  /** @param bytes All that may be held; null for what the heap of this process leaves room for. */
  constructor(bytes: number | null = null) {
    const total = bytes ?? Math.max(LEAST_BYTES, getHeapStatistics().heap_size_limit - OWN_BYTES)
    this.arriving = new Share(total / 8)
    this.requests = new Share(total / 4)
    this.#pages = new Share(total / 4)
    this.#lists = new Share(total / 8)
    this.streams = new Share(total / 4)
    this.moves = new Share(total / 8)
    this.unsent = new UnsentBytes(total / 4)
    this.largestPageBytes = Math.floor(total / 32)
    this.smallPageBytes = Math.min(4 * 1024 * 1024, Math.max(256 * 1024, total / 256))
  }

  /** Makes the turn of an answer with large pages of events, from their reading until it is made. */
  pageTurn(client: string, maxEventBytes: number): AnswerTurn {
    return new AnswerTurn(this.#pages, client, COPIES * maxEventBytes)
  }

  /** Makes the turn of an answer with long lists, while it is made. */
  listTurn(client: string, maxFields: number): AnswerTurn {
    return new AnswerTurn(this.#lists, client, FIELD_BYTES * maxFields)
  }
}
