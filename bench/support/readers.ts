import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'

/** Bytes that occur once in each message, near its end. */
const MARK = Buffer.from('"isComplete":true')

/** Many subscribers that cost next to nothing: they count messages in the incoming bytes, and parse nothing. */
export class Readers {
  readonly #sockets: Socket[] = []
  #count = 0
  #wanted = Number.POSITIVE_INFINITY
  #onAll = () => {}

  get size(): number {
    return this.#sockets.length
  }

  async openSse(url: string, query: string, count: number): Promise<void> {
    const { host, pathname } = new URL(url)
    const body = JSON.stringify({ query })
    const head = `POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\naccept: text/event-stream\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
    await this.#openAll(url, count, async (socket) => {
      socket.write(head + body)
      await firstData(socket)
    })
  }

  async openWebSocket(url: string, query: string, count: number): Promise<void> {
    const { host, pathname } = new URL(url)
    const head = `GET ${pathname} HTTP/1.1\r\nhost: ${host}\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-protocol: graphql-transport-ws\r\nsec-websocket-key: ${randomBytes(16).toString('base64')}\r\n\r\n`
    await this.#openAll(url, count, async (socket) => {
      socket.write(head)
      await firstData(socket)
      socket.write(frame('{"type":"connection_init"}'))
      await firstData(socket)
      socket.write(frame(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } })))
    })
  }

  /** Resolves when every reader has received `count` more messages. */
  received(count: number): Promise<void> {
    this.#count = 0
    this.#wanted = count * this.size
    return new Promise((resolve) => {
      this.#onAll = resolve
    })
  }

  close(): void {
    for (const socket of this.#sockets.splice(0)) socket.destroy()
  }

  async #openAll(url: string, count: number, greet: (socket: Socket) => Promise<void>): Promise<void> {
    const { hostname, port } = new URL(url)
    const openOne = async () => {
      const socket = connect(Number(port), hostname)
      socket.on('error', () => {})
      await greet(socket)
      this.#listen(socket)
      this.#sockets.push(socket)
    }
    // Connections come in groups, because a listener's backlog is short.
    for (let opened = 0; opened < count; opened += 100) {
      await Promise.all(Array.from({ length: Math.min(100, count - opened) }, openOne))
    }
  }

  #listen(socket: Socket): void {
    let end: Buffer = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      const bytes = end.length > 0 ? Buffer.concat([end, chunk]) : chunk
      let from = 0
      for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, from)) {
        from = at + MARK.length
        this.#count++
      }
      // The next chunk may complete a mark.
      end = from < bytes.length - MARK.length ? bytes.subarray(1 - MARK.length) : bytes.subarray(from)
      if (this.#count >= this.#wanted) this.#onAll()
    })
  }
}

function firstData(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('data', () => resolve()))
}

/** Encodes a text frame with a mask (of zeros), as a client must send it. */
function frame(text: string): Buffer {
  const payload = Buffer.from(text)
  const head =
    payload.length < 126
      ? Buffer.from([0x81, 0x80 | payload.length])
      : Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 255])
  return Buffer.concat([head, Buffer.alloc(4), payload])
}
