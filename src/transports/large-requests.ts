import type { IncomingMessage, ServerResponse } from 'node:http'
import { PgqError } from '../errors.ts'
import type { Hold } from '../memory/hold.ts'
import { type Memory, SMALL_BYTES } from '../memory/memory.ts'
import { clientOf } from './clients.ts'

/** Longest wait of a request for its turn (milliseconds). */
const TURN_WAIT_MS = 5_000
/** Longest time for a body or message to arrive (milliseconds). */
export const ARRIVAL_WAIT_MS = 30_000
/** Longest time from the headers of a large request to the end of its body (milliseconds). */
export const LONGEST_ARRIVAL_MS = TURN_WAIT_MS + ARRIVAL_WAIT_MS

/**
 * Bounds the memory of large requests: so many bytes arrive at once, and so many are worked on. Until then a request
 * waits at its sender. Small requests never wait.
 */
export class LargeRequests {
  readonly #memory: Memory
  readonly #maxRequestBytes: number
  readonly #holds = new WeakMap<object, Hold[]>()

  constructor(memory: Memory, maxRequestBytes: number) {
    this.#memory = memory
    this.#maxRequestBytes = maxRequestBytes
  }

  /** Answers the request when it is its turn. @param refuse Answers one that waited too long, or sends too slowly. */
  receive(
    request: IncomingMessage,
    response: ServerResponse,
    answer: () => void,
    refuse: (status: 408 | 503) => void,
  ): void {
    const bytes = this.#bytesOf(request)
    if (bytes <= SMALL_BYTES || bytes > this.#maxRequestBytes) {
      answer()
      return
    }
    const leaving = new AbortController()
    let timer: NodeJS.Timeout | undefined
    response.once('close', () => {
      clearTimeout(timer)
      leaving.abort()
      this.letGo(response)
    })
    void this.arrive(clientOf(request), bytes, leaving.signal).then((hold) => {
      if (leaving.signal.aborted) hold?.release()
      else if (!hold) refuse(503)
      else {
        this.#keep(response, hold)
        timer = setTimeout(() => request.complete || refuse(408), ARRIVAL_WAIT_MS)
        answer()
      }
    })
  }

  /** Waits for the turn of something large to arrive. @returns Null where it has waited too long, or has left. */
  arrive(client: string, bytes: number, signal?: AbortSignal): Promise<Hold | null> {
    return this.#memory.arriving.take(client, bytes, TURN_WAIT_MS, signal)
  }

  /**
   * Waits until a request that has arrived may be worked on.
   *
   * @param owner What holds its turn, until `letGo`.
   * @throws PgqError `UNAVAILABLE` when it has waited too long.
   */
  async begin(owner: object, client: string, body: Buffer): Promise<void> {
    if (body.length <= SMALL_BYTES) return
    const hold = await this.#memory.requests.take(client, COPIES * body.length, TURN_WAIT_MS)
    if (!hold) throw new PgqError('UNAVAILABLE', tooMany)
    this.#keep(owner, hold)
  }

  /** Says that a request is over, or has become a stream that needs it no more. Harmless when repeated. */
  letGo(owner: object): void {
    const holds = this.#holds.get(owner)
    this.#holds.delete(owner)
    for (const hold of holds ?? []) hold.release()
  }

  #keep(owner: object, hold: Hold): void {
    this.#holds.set(owner, [...(this.#holds.get(owner) ?? []), hold])
  }

  /** A body without a length, or one that is compressed, may be as large as one may be. */
  #bytesOf({ headers }: IncomingMessage): number {
    const encoding = headers['content-encoding'] ?? 'identity'
    if (headers['transfer-encoding'] !== undefined || encoding !== 'identity') return this.#maxRequestBytes
    return Number(headers['content-length'] ?? 0)
  }
}

export const tooMany = 'Too many large requests are under way; send this one again, or several smaller ones'

/** What a request takes in memory, in multiples of its text: values, and copies on their way to the database. */
const COPIES = 8
