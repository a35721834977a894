import { connect, type Socket } from 'node:net'
import WebSocket from 'ws'

/** The largest body of a request, and message of a WebSocket (bytes). */
const MAX_BYTES = 8 * 1024 * 1024
const filler = 'x'.repeat(16_000)

/** What clients do at the same time, without reading what they are told. Its end leaves everything. */
export type Attack = (url: string, sockets: Connections) => void

/** Raw connections of an attack. Each sends the same memory, so that what grows is the server's. */
export class Connections implements Disposable {
  readonly #sockets = new Set<Socket | WebSocket>()
  #isOver = false

  /** Sends bytes again and again, whenever the server has ended the connection. It reads nothing unless told. */
  keepSending(url: string, bytes: Buffer, { reads = false } = {}): void {
    if (this.#isOver) return
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.once('connect', () => {
      socket.write(bytes)
      if (reads) socket.resume()
    })
    socket.once('close', () => {
      this.#sockets.delete(socket)
      setTimeout(() => this.keepSending(url, bytes, { reads }), 50)
    })
  }

  /** Opens a WebSocket again and again, and sends these texts on it. It reads nothing after the first message. */
  keepSubscribing(url: string, messages: readonly string[]): void {
    if (this.#isOver) return
    const socket = new WebSocket(url.replace(/^http/, 'ws'), 'graphql-transport-ws')
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.once('open', () => socket.send('{"type":"connection_init"}'))
    socket.once('message', () => {
      for (const message of messages) socket.send(message)
      socket.pause()
    })
    socket.once('close', () => {
      this.#sockets.delete(socket)
      setTimeout(() => this.keepSubscribing(url, messages), 50)
    })
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    for (const socket of this.#sockets) {
      if (socket instanceof WebSocket) socket.terminate()
      else socket.destroy()
    }
  }
}

function times(count: number, begin: (n: number) => void): void {
  for (let n = 0; n < count; n++) begin(n)
}

function post(body: string, { accept = 'application/json', length = Buffer.byteLength(body) } = {}): Buffer {
  const head = [
    'POST /graphql HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/json',
    `Accept: ${accept}`,
    `Content-Length: ${length}`,
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
}

const operation = (query: string, variables: object = {}) => JSON.stringify({ query, variables })
const subscription = (id: number, query: string, variables: object = {}) =>
  JSON.stringify({ id: String(id), type: 'subscribe', payload: { query, variables } })

/** JSON that is much larger as objects than as text. */
const manyLists = `[${'[],'.repeat(MAX_BYTES / 3 - 1_000)}[]]`
const insertLists = `{"query":"mutation ($json: JSON!) { insertEvent(input: { queue: \\"q\\", json: $json }) { eventId } }","variables":{"json":${manyLists}}}`
const insertText = operation(
  'mutation ($data: String!) { insertEvent(input: { queue: "other", data: $data }) { eventId } }',
  { data: filler.repeat(500) },
)

const selections = ['data', 'json', 'data json', 'eventId data', 'type data', 'time data', 'txid data json']
/** Asks for the large events of queue `large`, each time in another way, so that nothing is shared. */
const tailOf = (n: number, after: string) =>
  `subscription { tail(queue: "large", after: ${after}) { ... on TickBatch { events { ${selections[n % selections.length]} a${n}: extra1 } } } }`
const events = '{ eventPage(first: 10000) { events { data json } } }'

export const attacks: Readonly<Record<string, Attack>> = {
  'bodies that are large as objects': (url, sockets) =>
    times(20, () => sockets.keepSending(url, post(insertLists), { reads: true })),
  'bodies that are large': (url, sockets) =>
    times(20, () => sockets.keepSending(url, post(insertText), { reads: true })),
  'bodies that never end': (url, sockets) =>
    times(100, () => sockets.keepSending(url, post(insertText.slice(0, -10), { length: MAX_BYTES }))),
  'messages that are large as objects': (url, sockets) => {
    const message = `{"id":"1","type":"subscribe","payload":${insertLists}}`
    times(20, () => sockets.keepSubscribing(url, [message]))
  },
  'messages that never end': (url, sockets) => {
    const head =
      'GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n'
    const frame = Buffer.alloc(14)
    frame.writeUInt8(0x81)
    frame.writeUInt8(0x80 | 127, 1)
    frame.writeBigUInt64BE(BigInt(MAX_BYTES), 2)
    const bytes = Buffer.concat([Buffer.from(head), frame, Buffer.alloc(MAX_BYTES - 1_000, 'x')])
    times(100, () => sockets.keepSending(url, bytes))
  },
  'subscriptions with large variables': (url, sockets) => {
    const types = Array.from({ length: 1_000 }, (_, n) => `${n}${filler}`.slice(0, 6_000))
    const query =
      'subscription ($types: [String!]) { tail(queue: "q", filter: { types: $types }) { __typename } }'
    const message = subscription(1, query, { types })
    times(60, () => sockets.keepSubscribing(url, [message]))
  },
  'subscriptions with large documents': (url, sockets) => {
    const messages = (socket: number) =>
      Array.from({ length: 300 }, (_, n) => {
        const fields = Array.from({ length: 90 }, (_, field) => `a${field}_${socket}_${n}: eventId`).join(' ')
        const padding = '{ eventId type data } '.length
        return subscription(
          n,
          `subscription { tail(queue: "q") { ... on TickBatch { ${`events { ${fields} } `.repeat(8)} } } } # ${padding}`,
        )
      })
    times(5, (socket) => sockets.keepSubscribing(url, messages(socket)))
  },
  'answers that nobody reads': (url, sockets) =>
    times(60, (n) =>
      sockets.keepSending(
        url,
        post(
          operation(`{ a: batch(id: ${(n % 10) + 1}) ${events} b: batch(id: ${(n % 10) + 1}) ${events} }`),
        ),
      ),
    ),
  'answers that are read': (url, sockets) =>
    times(30, (n) =>
      sockets.keepSending(
        url,
        post(
          operation(`{ a: batch(id: ${(n % 10) + 1}) ${events} b: batch(id: ${(n % 10) + 1}) ${events} }`),
        ),
        { reads: true },
      ),
    ),
  'streams that nobody reads': (url, sockets) =>
    times(100, (n) =>
      sockets.keepSending(url, post(operation(tailOf(n, '1')), { accept: 'text/event-stream' })),
    ),
  'socket streams that nobody reads': (url, sockets) =>
    times(20, (socket) =>
      sockets.keepSubscribing(
        url,
        Array.from({ length: 10 }, (_, n) => subscription(n, tailOf(socket * 10 + n, '1'))),
      ),
    ),
  'batches that nobody reads': (url, sockets) =>
    times(10, (n) =>
      sockets.keepSending(
        url,
        post(
          operation(
            `subscription { batches(input: { queue: "large", consumer: "c${n + 1}", standby: true }) { batchId eventPage(first: 10000) { events { data json } } } }`,
          ),
          { accept: 'text/event-stream' },
        ),
      ),
    ),
  'pages that nobody reads': (url, sockets) =>
    times(100, () =>
      sockets.keepSending(
        url,
        Buffer.from('GET /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n'.repeat(20)),
      ),
    ),
  'schemas that nobody reads': (url, sockets) =>
    times(100, () =>
      sockets.keepSending(
        url,
        Buffer.concat(
          Array.from({ length: 20 }, () =>
            post(
              operation(
                '{ __schema { types { name description fields { name description args { name type { name ofType { name } } } } } } }',
              ),
            ),
          ),
        ),
      ),
    ),
}
