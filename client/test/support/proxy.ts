import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A way to the server that can be cut, on one side or both. */
export interface Proxy extends AsyncDisposable {
  /** In place of the server's. */
  readonly url: string
  /** Where new connections go. */
  target: string
  /** Ends all connections, on both sides. */
  cut(): void
  /** Ends the clients' side of all connections; the server does not notice until `notice`. */
  cutUnnoticed(): void
  notice(): void
}

export async function startProxy(target: string): Promise<Proxy> {
  const pairs = new Set<{ client: Socket; server: Socket }>()
  const proxy = { target }
  const listener = createServer((client) => {
    const { hostname, port } = new URL(proxy.target)
    const pair = { client, server: connect(Number(port), hostname) }
    pairs.add(pair)
    const { server } = pair
    for (const socket of [client, server]) socket.on('error', () => {})
    client.on('data', (chunk) => server.write(chunk))
    server.on('data', (chunk) => client.write(chunk))
    client.on('close', () => {
      if (pairs.has(pair)) server.destroy()
    })
    server.on('close', () => client.destroy())
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const url = new URL(target)
  url.port = String((listener.address() as AddressInfo).port)
  /** Sockets of the server whose other side is gone. */
  const halves = new Set<Socket>()
  const destroyAll = () => {
    for (const { client, server } of pairs) {
      client.destroy()
      server.destroy()
    }
    pairs.clear()
  }
  return Object.assign(proxy, {
    url: url.href,
    cut: destroyAll,
    cutUnnoticed() {
      for (const pair of pairs) {
        pairs.delete(pair)
        halves.add(pair.server)
        pair.client.destroy()
      }
    },
    notice() {
      for (const half of halves) half.destroy()
      halves.clear()
    },
    async [Symbol.asyncDispose]() {
      destroyAll()
      for (const half of halves) half.destroy()
      await new Promise((resolve) => listener.close(resolve))
    },
  })
}
