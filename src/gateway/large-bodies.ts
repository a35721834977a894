import type { IncomingMessage, ServerResponse } from 'node:http'

/** Bodies of at most this size are taken at once (bytes). */
const SMALL_BYTES = 65_536
/** Number of bodies of the largest size that are read and worked on at the same time. */
const MAX_LARGE = 4
/** Longest wait of a request for its turn (milliseconds). */
const TURN_WAIT_MS = 5_000
/** Longest time for a body to arrive (milliseconds). */
const BODY_WAIT_MS = 30_000

interface Waiting {
  bytes: number
  start: () => void
}

/**
 * Bounds the memory of requests with large bodies: they are read one after another, so many bytes at once. Until then a
 * body waits at its sender. Small requests never wait.
 */
export class LargeBodies {
  readonly #maxRequestBytes: number
  #freeBytes: number
  readonly #waiting = new Set<Waiting>()
  readonly #held = new WeakMap<ServerResponse, () => void>()

  constructor(maxRequestBytes: number) {
    this.#maxRequestBytes = maxRequestBytes
    this.#freeBytes = MAX_LARGE * maxRequestBytes
  }

  /** Answers the request when it is its turn. @param refuse Answers one that waited too long, or sends too slowly. */
  take(
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
    let timer: NodeJS.Timeout
    const waiting = {
      bytes,
      start: () => {
        clearTimeout(timer)
        this.#freeBytes -= bytes
        this.#held.set(response, () => {
          this.#freeBytes += bytes
          this.#startNext()
        })
        timer = setTimeout(() => request.complete || refuse(408), BODY_WAIT_MS)
        answer()
      },
    }
    timer = setTimeout(() => {
      if (this.#waiting.delete(waiting)) refuse(503)
    }, TURN_WAIT_MS)
    response.once('close', () => {
      clearTimeout(timer)
      this.#waiting.delete(waiting)
      this.letGo(response)
    })
    this.#waiting.add(waiting)
    this.#startNext()
  }

  /** Says that a body is not needed any more, as that of a stream whose answer has begun. Harmless when repeated. */
  letGo(response: ServerResponse): void {
    const end = this.#held.get(response)
    this.#held.delete(response)
    end?.()
  }

  #startNext(): void {
    for (const waiting of this.#waiting) {
      if (waiting.bytes > this.#freeBytes) return
      this.#waiting.delete(waiting)
      waiting.start()
    }
  }

  /** A body without a length, or one that is compressed, may be as large as one may be. */
  #bytesOf({ headers }: IncomingMessage): number {
    const encoding = headers['content-encoding'] ?? 'identity'
    if (headers['transfer-encoding'] !== undefined || encoding !== 'identity') return this.#maxRequestBytes
    return Number(headers['content-length'] ?? 0)
  }
}
