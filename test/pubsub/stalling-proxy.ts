import { once } from 'node:events'
import net from 'node:net'

/** A TCP proxy on loopback that can fall silent without closing anything, as a network that lost its cable does. */
export interface StallingProxy extends AsyncDisposable {
  /** The given URL, through the proxy. */
  readonly url: string
  /** From now on nothing passes in either direction; connections are accepted, and stay open. */
  stall(): void
  /** Lets pass what comes from now on; connections that were open during the stall stay dead. */
  resume(): void
  /** Closes all connections of clients at once with RST. */
  reset(): void
  /** Replaces a text that clients send by one of the same length; undefined stops it. */
  rewrite(replacement: [from: string, to: string] | undefined): void
}

export async function startStallingProxy(url: string): Promise<StallingProxy> {
  const target = new URL(url)
  let isStalled = false
  let replacement: [from: string, to: string] | undefined
  const pairs = new Set<{ client: net.Socket; server: net.Socket; isDead: boolean }>()
  const proxy = net.createServer((client) => {
    const server = net.connect(Number(target.port || 5432), target.hostname)
    const pair = { client, server, isDead: isStalled }
    pairs.add(pair)
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('data', (chunk) => {
        if (pair.isDead) return
        if (from === client && replacement) to.write(replace(chunk, ...replacement))
        else to.write(chunk)
      })
      from.on('error', () => {})
      from.on('close', () => {
        if (pair.isDead) return
        to.destroy()
        pairs.delete(pair)
      })
    }
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const through = new URL(url)
  through.hostname = '127.0.0.1'
  through.port = String((proxy.address() as net.AddressInfo).port)
  return {
    url: through.href,
    stall() {
      isStalled = true
      for (const pair of pairs) pair.isDead = true
    },
    resume() {
      isStalled = false
    },
    reset() {
      for (const pair of pairs) pair.client.resetAndDestroy()
    },
    rewrite(wanted) {
      replacement = wanted
    },
    async [Symbol.asyncDispose]() {
      for (const { client, server } of pairs) {
        client.destroy()
        server.destroy()
      }
      proxy.close()
      await once(proxy, 'close')
    },
  }
}

function replace(chunk: Buffer, from: string, to: string): Buffer {
  return Buffer.from(chunk.toString('latin1').replaceAll(from, to), 'latin1')
}
