import { isObject, PgqClientError, toClientError } from '../errors.ts'
import { startInterval, startTimer, type Timer } from '../timer.ts'
import { shownUrl } from './address.ts'
import { closeCodes, closeError, MESSAGE_TOO_BIG } from './close-codes.ts'
import { jsonText } from './json-text.ts'
import { parseJson } from './reply.ts'
import type { WebSocketConstructor, WebSocketLike } from './web-socket.ts'

const PROTOCOL = 'graphql-transport-ws'

export interface GraphqlSocketOptions {
  url: URL
  webSocket: WebSocketConstructor
  /** Is asked for each connection. */
  connectionParams: () => unknown
  connectTimeoutMs: number
  silenceTimeoutMs: number
  /** How long a connection without operations is kept. */
  idleTimeoutMs: number
}

/** Is told what becomes of an operation. */
export interface Sink {
  /** The operation was sent. */
  sent?: (() => void) | undefined
  /** A result has come; the length is that of its message. */
  next(payload: unknown, length: number): void
  /** The operation is over; without an error it was completed. Called once, and last. */
  end(error?: unknown): void
}

interface Operation {
  /** The message, which is dropped when it is sent. */
  text: string
  readonly length: number
  readonly sink: Sink
}

/**
 * A connection in the protocol graphql-transport-ws, which any number of operations share.
 *
 * Its states: connecting → acknowledged → closed. Operations that are started while it connects are sent once it is
 * acknowledged. When either side closes it, all of them end with the reason. It is not opened again.
 */
export class GraphqlSocket {
  readonly #options: GraphqlSocketOptions
  readonly #socket: WebSocketLike
  readonly #operations = new Map<string, Operation>()
  #state: 'connecting' | 'acknowledged' | 'closed' = 'connecting'
  #lastId = 0
  #isQuiet = true
  #isPinged = false
  readonly #connectTimer: Timer
  #heartbeat: Timer
  #idleTimer: Timer
  #idleTimeoutMs: number

  /** @throws PgqClientError where no WebSocket may be opened, such as one without TLS from a page with TLS. */
  constructor(options: GraphqlSocketOptions) {
    this.#options = options
    const { connectTimeoutMs, idleTimeoutMs } = options
    this.#idleTimeoutMs = idleTimeoutMs
    this.#socket = open(options)
    this.#connectTimer = startTimer(() => {
      const message = `No acknowledgement of the connection within ${connectTimeoutMs} ms`
      this.#fail(new PgqClientError('TIMEOUT', message), closeCodes.connectTimeout)
    }, connectTimeoutMs)
    this.#socket.addEventListener('open', () => void this.#initialize())
    this.#socket.addEventListener('message', ({ data }) => this.#receive(data))
    this.#socket.addEventListener('error', (event) => {
      const reason = 'message' in event && event.message ? `: ${event.message}` : ''
      this.#close(new PgqClientError('UNAVAILABLE', `The WebSocket failed${reason}`))
    })
    this.#socket.addEventListener('close', (event) => {
      if (event.code === MESSAGE_TOO_BIG) this.#refuseLargest()
      this.#close(closeError(event, this.#state === 'acknowledged'))
    })
  }

  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  /**
   * @param payload JSON of the query and its variables.
   * @returns A function that ends the operation here and at the server; the sink hears nothing more then.
   */
  start(payload: string, sink: Sink): () => void {
    const id = String(++this.#lastId)
    const text = `{"id":"${id}","type":"subscribe","payload":${payload}}`
    const operation = { text, length: text.length, sink }
    this.#operations.set(id, operation)
    clearTimeout(this.#idleTimer)
    if (this.#state === 'acknowledged') this.#send(operation)
    return () => {
      if (!this.#operations.delete(id)) return
      if (this.#state === 'acknowledged') this.#post({ id, type: 'complete' })
      this.#rest()
    }
  }

  /** Closes the connection as soon as nothing is under way. */
  retire(): void {
    this.#idleTimeoutMs = 0
    this.#rest()
  }

  async #initialize(): Promise<void> {
    if (this.#socket.protocol !== PROTOCOL) {
      const message = `The server does not speak ${PROTOCOL} (is this the URL of a GraphQL endpoint?)`
      this.#fail(new PgqClientError('INTERNAL', message), closeCodes.wrongProtocol)
      return
    }
    try {
      const payload = await this.#options.connectionParams()
      jsonText(payload ?? null, 'connectionParams')
      if (!this.isClosed) this.#post({ type: 'connection_init', payload })
    } catch (error) {
      // The fault is the caller's own: nothing is known of the server.
      this.#fail(error, closeCodes.done)
    }
  }

  #receive(data: unknown): void {
    if (this.isClosed) return
    this.#isQuiet = false
    try {
      if (typeof data !== 'string') throw new PgqClientError('INTERNAL', 'The server sent bytes for text')
      this.#handle(parseJson(data), data.length)
    } catch (error) {
      this.#fail(error, closeCodes.badMessage)
    }
  }

  /** @throws PgqClientError for a message that the protocol does not have. */
  #handle(message: unknown, length: number): void {
    const { type, id, payload } = isObject(message) ? message : {}
    if (type === 'ping') this.#post({ type: 'pong' })
    else if (type === 'connection_ack') this.#acknowledged()
    else if (type !== 'pong') {
      if (typeof id !== 'string') throw badMessage()
      // The operation may have ended here, and not at the server yet.
      const operation = this.#operations.get(id)
      if (type === 'next' && isObject(payload)) operation?.sink.next(payload, length)
      else if (type === 'complete') this.#end(id)
      else if (type === 'error' && Array.isArray(payload)) this.#end(id, toClientError(payload[0]))
      else throw badMessage()
    }
  }

  #acknowledged(): void {
    if (this.#state !== 'connecting') return
    this.#state = 'acknowledged'
    clearTimeout(this.#connectTimer)
    // After a standstill the timer fires before messages that have come meanwhile are read: let those win.
    this.#heartbeat = startInterval(() => setTimeout(() => this.#beat()), this.#options.silenceTimeoutMs / 3)
    for (const operation of [...this.#operations.values()]) this.#send(operation)
    this.#rest()
  }

  /**
   * Runs when a third of the allowed silence has passed. When nothing came in it, a ping goes out, and two more
   * thirds may pass. Pings of the server are answered by the WebSocket itself, and not seen here.
   */
  #beat(): void {
    if (this.isClosed) return
    if (!this.#isQuiet) {
      this.#isQuiet = true
      this.#isPinged = false
    } else if (!this.#isPinged) {
      this.#isPinged = true
      this.#post({ type: 'ping' })
    } else {
      const message = `The server sent nothing for ${this.#options.silenceTimeoutMs} ms`
      this.#fail(new PgqClientError('UNAVAILABLE', message), closeCodes.silence)
    }
  }

  #send(operation: Operation): void {
    this.#socket.send(operation.text)
    operation.text = ''
    operation.sink.sent?.()
  }

  #post(message: object): void {
    this.#socket.send(JSON.stringify(message))
  }

  #end(id: string, error?: unknown): void {
    const operation = this.#operations.get(id)
    this.#operations.delete(id)
    operation?.sink.end(error)
    this.#rest()
  }

  #rest(): void {
    clearTimeout(this.#idleTimer)
    if (this.#operations.size > 0 || this.isClosed) return
    const end = () => this.#fail(undefined, closeCodes.done)
    this.#idleTimer = startTimer(end, this.#idleTimeoutMs)
  }

  /** Ends the largest operation without an answer: the server does not say which message was too large for it. */
  #refuseLargest(): void {
    let largest: [string, Operation] | undefined
    for (const each of this.#operations) if (!largest || each[1].length > largest[1].length) largest = each
    if (!largest) return
    const [id, { length }] = largest
    const message = `The request has ${length} characters, which is more than the server takes`
    this.#end(id, new PgqClientError('LIMIT_EXCEEDED', message))
  }

  #fail(error: unknown, code: number): void {
    this.#close(error)
    const mayBeHalfOpen = code === closeCodes.silence || code === closeCodes.connectTimeout
    if (mayBeHalfOpen && this.#socket.terminate) this.#socket.terminate()
    else this.#socket.close(code)
  }

  #close(error: unknown): void {
    if (this.isClosed) return
    this.#state = 'closed'
    clearTimeout(this.#connectTimer)
    clearTimeout(this.#idleTimer)
    clearInterval(this.#heartbeat)
    const operations = [...this.#operations.values()]
    this.#operations.clear()
    for (const { sink } of operations) sink.end(error)
  }
}

function open({ webSocket, url }: GraphqlSocketOptions): WebSocketLike {
  try {
    return new webSocket(url.href, PROTOCOL)
  } catch (cause) {
    throw new PgqClientError('INTERNAL', `No WebSocket can be opened to ${shownUrl(url)}`, { cause })
  }
}

function badMessage(): PgqClientError {
  return new PgqClientError('INTERNAL', 'The server sent a message that graphql-transport-ws does not have')
}
