import { connect, type Socket } from 'node:net'

const END_OF_HEAD = Buffer.from('\r\n\r\n')

/** A keep-alive HTTP/1.1 connection that costs the load generator next to nothing: raw bytes, one request at a time. */
export class Connection {
  readonly #socket: Socket
  #unread: Buffer[] = []
  #size = 0
  #resolve: (body: Buffer) => void = () => {}
  #reject: (error: Error) => void = () => {}
  /** Extent of the answer under way, in bytes with its head; undefined until the head is complete. */
  #expected: { bodyAt: number; end: number; status: string } | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    socket.on('close', () => this.#reject(new Error('the connection was closed')))
    socket.on('error', () => {})
  }

  static open(url: string): Promise<Connection> {
    const { hostname, port } = new URL(url)
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => resolve(new Connection(socket)))
      socket.once('error', reject)
    })
  }

  /** Resolves with the body of the answer, which must be 200 and have a Content-Length. */
  send(request: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#reject = () => {}
    this.#socket.destroy()
  }

  #onData(chunk: Buffer): void {
    this.#unread.push(chunk)
    this.#size += chunk.length
    this.#expected ??= this.#readHead()
    if (!this.#expected || this.#size < this.#expected.end) return
    const { bodyAt, end, status } = this.#expected
    const answer = Buffer.concat(this.#unread)
    this.#unread = []
    this.#size = 0
    this.#expected = undefined
    const body = answer.subarray(bodyAt, end)
    if (status === '200') this.#resolve(body)
    else this.#reject(new Error(`${status}: ${body.toString()}`))
  }

  #readHead() {
    const answer = Buffer.concat(this.#unread)
    this.#unread = [answer]
    const headEnd = answer.indexOf(END_OF_HEAD)
    if (headEnd < 0) return undefined
    const head = answer.toString('latin1', 0, headEnd)
    const length = /^content-length: *(\d+)/im.exec(head)?.[1]
    if (length === undefined) throw new Error(`an answer without a length: ${head}`)
    const bodyAt = headEnd + END_OF_HEAD.length
    return { bodyAt, end: bodyAt + Number(length), status: head.slice(9, 12) }
  }
}

/** Encodes a POST of JSON as bytes of HTTP/1.1. */
export function postBytes(url: string, body: object, headers: Record<string, string> = {}): Buffer {
  const { host, pathname } = new URL(url)
  const text = JSON.stringify(body)
  const head = [
    `POST ${pathname} HTTP/1.1`,
    `host: ${host}`,
    'accept: application/json',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(text)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ].join('\r\n')
  return Buffer.from(`${head}\r\n\r\n${text}`)
}

/** Keeps `inFlight` requests under way for a time. @returns answers per second. */
export async function load(
  url: string,
  options: { inFlight: number; forMs: number; next: () => Buffer; check: (body: Buffer) => void },
): Promise<number> {
  const { inFlight, forMs, next, check } = options
  const connections = await Promise.all(Array.from({ length: inFlight }, () => Connection.open(url)))
  const startedAt = performance.now()
  let answered = 0
  const work = async (connection: Connection) => {
    while (performance.now() - startedAt < forMs) {
      check(await connection.send(next()))
      answered++
    }
  }
  await Promise.all(connections.map(work))
  const tookMs = performance.now() - startedAt
  for (const connection of connections) connection.close()
  return answered / (tookMs / 1_000)
}
