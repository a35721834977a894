import { once } from 'node:events'
import net from 'node:net'
import { until } from './deadline.ts'

/** A TCP proxy on loopback that fails like networks: it falls silent, breaks and delays. */
export interface TcpProxy extends AsyncDisposable {
  /** The target's URL with the proxy's address. */
  readonly url: string
  /** Target of new connections; at first the given URL. */
  target: string
  /**
   * Stops all traffic without closing anything, as when a cable is cut. Open connections are dead for ever; new ones
   * are accepted and are dead too.
   */
  stall(): void
  /** Lets new connections pass again. */
  resume(): void
  /** Closes dead connections on both sides, as an operating system does after its time-out. */
  bury(): void
  /** Closes all connections at once, on both sides. */
  cut(): void
  /** Closes the clients' side of all connections; the server does not notice until `bury`. */
  cutUnnoticed(): void
  /** Closes all connections of clients at once with RST. */
  reset(): void
  /** Delays what arrives from now on, in either direction; 0 ends the delay. */
  delay(ms: number): void
  /** Replaces texts that clients send by others of the same length; without any it stops that. */
  rewrite(...replacements: [from: string, to: string][]): void
  /** Holds back each request that contains the text, in one packet, and all that follows it on its connection. */
  hold(text: string): Hold
}

export interface Hold {
  /** Waits until so many connections are held. */
  reached(connections?: number): Promise<void>
  /** Lets these and later requests pass, and holds back their answers instead. */
  keepAnswers(): void
  /** Passes on all that was held, and holds nothing any more. */
  release(): void
}

export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const pairs = new Set<Pair>()
  const holds = new Set<ActiveHold>()
  const state = {
    target,
    isStalled: false,
    delayMs: 0,
    replacements: [] as [string, string][],
  }
  const proxy = net.createServer((client) => {
    const { port, hostname } = new URL(state.target)
    const server = net.connect(Number(port || 5432), hostname)
    const pair = new Pair(client, server)
    pairs.add(pair)
    client.on('data', (chunk) => {
      const request = state.replacements.reduce<Buffer>((text, [from, to]) => replace(text, from, to), chunk)
      for (const hold of holds) hold.see(pair, request)
      pair.toServer.write(request, state.delayMs)
    })
    server.on('data', (chunk) => pair.toClient.write(chunk, state.delayMs))
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('error', () => {})
      from.on('close', () => {
        if (pair.isDead) return
        to.destroy()
        pairs.delete(pair)
      })
    }
    if (state.isStalled) pair.die()
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const through = new URL(target)
  through.hostname = '127.0.0.1'
  through.port = String((proxy.address() as net.AddressInfo).port)
  return {
    url: through.href,
    get target() {
      return state.target
    },
    set target(url) {
      state.target = url
    },
    stall() {
      state.isStalled = true
      for (const pair of pairs) pair.die()
    },
    resume() {
      state.isStalled = false
    },
    bury() {
      for (const pair of pairs) {
        if (!pair.isDead) continue
        pair.destroy()
        pairs.delete(pair)
      }
    },
    cut() {
      for (const pair of pairs) pair.destroy()
    },
    cutUnnoticed() {
      for (const pair of pairs) {
        pair.isDead = true
        pair.client.destroy()
      }
    },
    reset() {
      for (const pair of pairs) pair.client.resetAndDestroy()
    },
    delay(ms) {
      state.delayMs = ms
    },
    rewrite(...wanted) {
      state.replacements = wanted
    },
    hold(text) {
      const hold = new ActiveHold(text)
      holds.add(hold)
      return {
        reached: async (connections = 1) => {
          const describe = () => `(${hold.count} of ${connections} are held)`
          await until(() => hold.count >= connections, `held ${hold.keeps} of ${text}`, { describe })
        },
        keepAnswers: () => hold.keepAnswers(),
        release() {
          holds.delete(hold)
          hold.release()
        },
      }
    },
    async [Symbol.asyncDispose]() {
      for (const pair of pairs) pair.destroy()
      proxy.close()
      await once(proxy, 'close')
    },
  }
}

/** A client's connection with the one to the target that was made for it. */
class Pair {
  readonly client: net.Socket
  readonly server: net.Socket
  readonly toServer: Way
  readonly toClient: Way
  isDead = false

  constructor(client: net.Socket, server: net.Socket) {
    this.client = client
    this.server = server
    this.toServer = new Way(server)
    this.toClient = new Way(client)
  }

  /** Stops passing on and reading, for ever. */
  die(): void {
    this.isDead = true
    this.client.pause()
    this.server.pause()
    this.toServer.hold()
    this.toClient.hold()
  }

  destroy(): void {
    this.client.destroy()
    this.server.destroy()
  }
}

/** One direction of a connection: passes on in order, late or not at all. */
class Way {
  readonly #to: net.Socket
  #held: Buffer[] | undefined
  /** Time by `performance.now()` before which later data must not pass. */
  #busyUntil = 0

  constructor(to: net.Socket) {
    this.#to = to
  }

  /** Amount held back. Bytes. */
  get heldBytes(): number {
    return this.#held?.reduce((sum, chunk) => sum + chunk.length, 0) ?? 0
  }

  write(chunk: Buffer, delayMs: number): void {
    const now = performance.now()
    this.#busyUntil = Math.max(this.#busyUntil, now + delayMs)
    if (this.#busyUntil > now) setTimeout(() => this.#pass(chunk), Math.ceil(this.#busyUntil - now))
    else this.#pass(chunk)
  }

  hold(): void {
    this.#held ??= []
  }

  release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const chunk of held) this.#pass(chunk)
  }

  #pass(chunk: Buffer): void {
    if (this.#held) this.#held.push(chunk)
    else if (!this.#to.destroyed) this.#to.write(chunk)
  }
}

class ActiveHold {
  readonly #text: string
  readonly #pairs = new Set<Pair>()
  keeps: 'requests' | 'answers' = 'requests'

  constructor(text: string) {
    this.#text = text
  }

  /** Number of connections that are held. */
  get count(): number {
    return [...this.#pairs].filter((pair) => this.#wayOf(pair).heldBytes > 0).length
  }

  /** Looks for the text in a request before it is passed on. */
  see(pair: Pair, request: Buffer): void {
    if (!request.includes(this.#text)) return
    this.#pairs.add(pair)
    this.#wayOf(pair).hold()
  }

  keepAnswers(): void {
    const pairs = [...this.#pairs]
    this.keeps = 'answers'
    for (const pair of pairs) {
      pair.toClient.hold()
      pair.toServer.release()
    }
  }

  release(): void {
    for (const pair of this.#pairs) this.#wayOf(pair).release()
    this.#pairs.clear()
  }

  #wayOf(pair: Pair): Way {
    return this.keeps === 'requests' ? pair.toServer : pair.toClient
  }
}

function replace(chunk: Buffer, from: string, to: string): Buffer {
  return Buffer.from(chunk.toString('latin1').replaceAll(from, to), 'latin1')
}
