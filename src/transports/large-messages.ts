import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Hold } from '../memory/hold.ts'
import { SMALL_BYTES } from '../memory/memory.ts'
import { ARRIVAL_WAIT_MS, type LargeRequests, tooMany } from './large-requests.ts'

/** Close codes of RFC 6455. */
const TOO_SLOW = 1008
const TRY_AGAIN_LATER = 1013

/** A socket that is closed may take so long to send the reason (milliseconds). */
const CLOSE_WAIT_MS = 1_000

/** A chunk of this size (bytes) holds so many small messages that other clients take their turn before the next is read. */
const LONG_CHUNK_BYTES = 16_384

/** Time for which a socket is not read after a message on it was refused (milliseconds). */
const REST_MS = 250

/** Size of a control frame besides its payload (bytes). */
const FRAME_BYTES = 6

/**
 * Reads the messages of a socket. A large one arrives when it is its turn, and is handled when it is its turn; until
 * then the socket is not read. Messages keep their order.
 */
export class LargeMessages {
  readonly #socket: WebSocket
  readonly #client: string
  readonly #requests: LargeRequests
  readonly #maxBytes: number
  /** Ends the wait for a turn when the socket is closed; made for the first large message, which most have none of. */
  #leaving: AbortController | undefined
  /** Bytes that came since the last message. */
  #unread = 0
  /** The turn of the message that is arriving, or its wait for one. */
  #arrival: Arrival | undefined
  /** The large message that is waited for, and those behind it. */
  #pending: Promise<void> | undefined
  #pauses = 0
  #isResting = false
  #isRefused = false

  /** @param stream Carries the frames of the socket. */
  constructor(
    socket: WebSocket,
    {
      stream,
      client,
      requests,
      maxBytes,
    }: { stream: Duplex; client: string; requests: LargeRequests; maxBytes: number },
  ) {
    this.#socket = socket
    this.#client = client
    this.#requests = requests
    this.#maxBytes = maxBytes
    const onControlFrame = (payload: Buffer) => {
      this.#unread = Math.max(0, this.#unread - FRAME_BYTES - payload.length)
    }
    socket.on('ping', onControlFrame).on('pong', onControlFrame)
    // The bytes count before the socket's own reader finds the message in them.
    stream.prependListener('data', (chunk: Buffer) => this.#count(chunk.length))
  }

  /** @param handle Handles a message. A large one has an owner, to be let go of when the work on it is over. */
  read(handle: (data: Buffer, isBinary: boolean, owner?: object) => void): void {
    this.#socket.on('message', (data: Buffer, isBinary) => {
      const arrival = this.#arrival
      this.#arrival = undefined
      this.#unread = 0
      if (data.length <= SMALL_BYTES && !this.#pending) {
        arrival?.end()
        handle(data, isBinary)
        return
      }
      this.#pause()
      const pending = (this.#pending ?? Promise.resolve()).then(async () => {
        const owner = {}
        await this.#requests.begin(owner, this.#client, data).then(
          () => handle(data, isBinary, owner),
          () => this.#refuse(TRY_AGAIN_LATER, tooMany),
        )
        arrival?.end()
        if (this.#pending === pending) this.#pending = undefined
        this.#resume()
      })
      this.#pending = pending
    })
  }

  /** Lets go of what it holds: the socket is closed. */
  closed(): void {
    this.#leaving?.abort()
    this.#arrival?.end()
  }

  /** Reads nothing for a while, as what comes is refused: a client that goes on all the same shall not keep others waiting. */
  rest(): void {
    if (this.#isResting) return
    this.#isResting = true
    this.#pause()
    const wake = () => {
      this.#isResting = false
      this.#resume()
    }
    setTimeout(wake, REST_MS).unref()
  }

  #count(bytes: number): void {
    // Node reads up to two megabytes at once of one connection: thousands of messages.
    if (bytes >= LONG_CHUNK_BYTES) {
      this.#pause()
      setImmediate(() => this.#resume())
    }
    this.#unread += bytes
    if (this.#unread <= SMALL_BYTES || this.#arrival) return
    const arrival = new Arrival()
    this.#leaving ??= new AbortController()
    this.#arrival = arrival
    this.#pause()
    void this.#requests.arrive(this.#client, this.#maxBytes, this.#leaving.signal).then((hold) => {
      if (hold) arrival.begin(hold, () => this.#refuse(TOO_SLOW, 'The message came too slowly'))
      else if (!arrival.isOver) this.#refuse(TRY_AGAIN_LATER, tooMany)
      this.#resume()
    })
  }

  #refuse(code: number, reason: string): void {
    const socket = this.#socket
    this.#isRefused = true
    socket.close(code, reason)
    const timer = setTimeout(() => socket.terminate(), CLOSE_WAIT_MS)
    socket.once('close', () => clearTimeout(timer))
  }

  #pause(): void {
    this.#pauses++
    this.#socket.pause()
  }

  /** Reads on, unless the socket was refused: it would only gather what nobody wants. */
  #resume(): void {
    if (--this.#pauses === 0 && !this.#isRefused) this.#socket.resume()
  }
}

/** The time in which a large message arrives. */
class Arrival {
  #hold: Hold | undefined
  #timer: NodeJS.Timeout | undefined
  isOver = false

  begin(hold: Hold, onLate: () => void): void {
    if (this.isOver) {
      hold.release()
      return
    }
    this.#hold = hold
    this.#timer = setTimeout(onLate, ARRIVAL_WAIT_MS)
  }

  end(): void {
    this.isOver = true
    clearTimeout(this.#timer)
    this.#hold?.release()
  }
}
