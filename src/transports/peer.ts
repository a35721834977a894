import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { CloseCode, MessageType, type WebSocket as ProtocolSocket } from 'graphql-ws'
import type { WebSocket } from 'ws'
import { credentialsEnded } from '../access/credentials.ts'
import type { Sender } from '../caller.ts'
import { parseJson, TooManyObjects } from '../json/parse-json.ts'
import type { Hold } from '../memory/hold.ts'
import { SMALL_BYTES } from '../memory/memory.ts'
import type { UnsentBytes } from '../memory/unsent.ts'
import type { CallerLimits } from '../rates/caller-limits.ts'
import { clientOf } from './clients.ts'
import { IdReuse } from './id-reuse.ts'
import { LargeMessages } from './large-messages.ts'
import type { LargeRequests } from './large-requests.ts'
import type { TransportParts } from './transport.ts'

/** Close code for a message that is not UTF-8 (RFC 6455). */
const INVALID_TEXT = 1007

/** Close code for a message that is too big (RFC 6455). */
const TOO_BIG = 1009

/** Maximum length of a close reason (RFC 6455). */
const MAX_REASON_BYTES = 123

/** Time for the streams of a socket to say that its credentials have ended (milliseconds). */
const LAST_WORDS_MS = 250
/** Longest wait for the answers to what runs on such a socket (milliseconds). */
const MAX_LAST_ANSWER_MS = 5_000

/** Adapts a socket for graphql-ws. The adapter of that library has two timers per socket and keeps the request. */
export class Peer implements ProtocolSocket {
  readonly socket: WebSocket
  /** Whose turns and memory it takes. */
  readonly client: string
  /** Owner of the large message that is being handled. */
  owner: object | undefined
  readonly #incoming: LargeMessages
  readonly #largeRequests: LargeRequests
  readonly #unsent: UnsentBytes
  readonly #maxObjects: number
  readonly #operations = new IdReuse()
  /** Request that opened the socket, kept until the peer is authenticated. */
  #request: IncomingMessage | undefined
  #sender: Sender | undefined
  /** Its place among the sockets that nobody knows yet. */
  readonly #unknown: Hold
  /** Its place among the sockets of its caller. */
  #counted: Hold | undefined
  #forgetCredentials: (() => void) | undefined

  constructor(
    socket: WebSocket,
    request: IncomingMessage,
    { largeRequests, memory, maxRequestBytes, maxRequestObjects }: TransportParts,
    stream: Duplex,
    unknown: Hold,
  ) {
    this.#unknown = unknown
    const client = clientOf(request)
    this.socket = socket
    this.client = client
    this.#request = request
    this.#incoming = new LargeMessages(socket, {
      stream,
      client,
      requests: largeRequests,
      maxBytes: maxRequestBytes,
    })
    this.#largeRequests = largeRequests
    this.#unsent = memory.unsent
    this.#maxObjects = maxRequestObjects
  }

  /** Who has opened this socket. @throws before that is known; graphql-ws closes sockets that subscribe then. */
  get sender(): Sender {
    if (!this.#sender) throw new Error('the peer is not authenticated')
    return this.#sender
  }

  async identify(
    identify: (request: IncomingMessage) => Promise<Sender>,
    callerLimits: CallerLimits,
  ): Promise<void> {
    const request = this.#request
    this.#request = undefined
    if (!request) return
    const sender = await identify(request)
    // It may have closed meanwhile.
    if (!this.isOpen) return
    this.#counted = callerLimits.openSocket(sender)
    this.#forgetCredentials = sender.caller.credentials.onEnd(() => this.#closeSoon())
    this.#sender = sender
  }

  /** Lets go of what it holds: the socket is closed. */
  closed(): void {
    this.#counted?.release()
    this.#forgetCredentials?.()
    this.#incoming.closed()
  }

  /** Reads nothing for a moment, after a refusal. */
  rest(): void {
    this.#incoming.rest()
  }

  /** Says that it is found out who it is. */
  known(): void {
    this.#unknown.release()
  }

  /**
   * Closes the socket when its streams have said that the credentials have ended, and what runs is answered: a new one can
   * bring others.
   */
  #closeSoon(waitedMs = 0): void {
    const close = () => {
      if (this.running > 0 && waitedMs < MAX_LAST_ANSWER_MS) this.#closeSoon(waitedMs + LAST_WORDS_MS)
      else this.close(CloseCode.Forbidden, credentialsEnded().message)
    }
    setTimeout(close, LAST_WORDS_MS).unref()
  }

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN
  }

  get protocol(): string {
    return this.socket.protocol
  }

  send(text: string): Promise<void> {
    if (!this.isOpen) return Promise.resolve()
    const sent = new Promise<void>((resolve, reject) => {
      this.socket.send(text, (error) => (error ? reject(error) : resolve()))
    })
    if (text.length <= SMALL_BYTES) return sent
    return sent.finally(this.#unsent.add(this.client, sent, text.length, () => this.socket.terminate()))
  }

  /** Closes the socket, with the reason if that fits into a close frame: some quote the client at any length. */
  close(code: number, reason: string): void {
    this.socket.close(code, Buffer.byteLength(reason) > MAX_REASON_BYTES ? '' : reason)
  }

  onMessage(handle: (text: string) => Promise<void>): void {
    this.#incoming.read((data, isBinary, owner) => {
      // The library checks messages of text.
      if (isBinary && !isUtf8(data)) this.close(INVALID_TEXT, 'Messages must be UTF-8')
      else this.#take(String(data), handle, owner)
    })
  }

  #take(text: string, handle: (text: string) => Promise<void>, owner: object | undefined): void {
    const begin = () => {
      this.owner = owner
      const work = handle(readMessage(text, this.#maxObjects))
      this.owner = undefined
      return work
    }
    this.#operations.take(text, async () => {
      try {
        await begin()
      } catch (error) {
        if (error instanceof TooManyObjects) this.close(TOO_BIG, 'The message has too many lists and objects')
        else this.close(CloseCode.InternalServerError, 'Internal server error')
      }
      if (owner) this.#largeRequests.letGo(owner)
    })
  }

  /** Number of operations under way, without the one that is being begun. */
  get running(): number {
    return this.#operations.running
  }

  /** Says that the message being handled begins an operation. */
  started(id: string): void {
    this.#operations.started(id)
  }
}

/**
 * Parses a message that may begin an operation, whose numbers are kept as they are written; graphql-ws takes such an
 * object for the message. Any other text is for graphql-ws to parse or refuse.
 *
 * @throws TooManyObjects
 */
function readMessage(text: string, maxObjects: number): string {
  try {
    const message = parseJson(text, maxObjects) as { type?: unknown; id?: unknown; payload?: unknown } | null
    if (message?.type !== MessageType.Subscribe) return text
    return { ...message, payload: new Unread(message.payload) } as never
  } catch (error) {
    if (error instanceof TooManyObjects) throw error
    return text
  }
}

/**
 * Carries the payload of a `subscribe` past graphql-ws, which closes the socket of all operations for one that is no
 * request. It looks like the payload of a request without content.
 */
export class Unread {
  readonly query = ''
  readonly request: unknown

  constructor(request: unknown) {
    this.request = request
  }
}
