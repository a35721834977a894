import { once } from 'node:events'
import net from 'node:net'
import { until } from './deadline.ts'

/** A load balancer of TCP connections on loopback. */
export interface Balancer extends AsyncDisposable {
  /** URL of the GraphQL endpoint. */
  readonly url: string
  /** Waits until no connection leads to this endpoint. */
  drained(endpoint: string): Promise<void>
}

/** @param endpoints Returns those that take new connections, which go to them in turn. */
export async function startBalancer(endpoints: () => readonly string[]): Promise<Balancer> {
  let turn = 0
  const endpointOf = new Map<net.Socket, string>()
  const server = net.createServer((client) => {
    const alive = endpoints()
    const endpoint = alive[turn++ % alive.length] ?? ''
    const { hostname, port } = new URL(endpoint)
    const upstream = net.connect(Number(port), hostname)
    endpointOf.set(client, endpoint)
    client.on('error', () => upstream.destroy())
    client.on('close', () => {
      endpointOf.delete(client)
      upstream.destroy()
    })
    upstream.on('error', () => client.destroy())
    upstream.on('close', () => client.destroySoon())
    client.pipe(upstream).pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    async drained(endpoint) {
      await until(() => ![...endpointOf.values()].includes(endpoint), 'the end of connections')
    },
    async [Symbol.asyncDispose]() {
      for (const socket of endpointOf.keys()) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
