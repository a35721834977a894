import type { Server, ServerOptions } from 'node:http'
import type { Socket } from 'node:net'
import type { Logger } from 'pino'
import { isLoopback } from '../loopback.ts'
import { networkOf } from '../rates/network.ts'
import { LONGEST_ARRIVAL_MS } from '../transports/large-requests.ts'

/** Longest time for the headers of a request to arrive, and for the first of them on a new connection (milliseconds). */
const HEADERS_WAIT_MS = 10_000
/** Longest time for the TLS of a new connection to be agreed on (milliseconds). */
const HANDSHAKE_WAIT_MS = 10_000

/** How long a server waits for its clients, and how much it reads of them before it knows what they want. */
export const patience = {
  headersTimeout: HEADERS_WAIT_MS,
  // A large body has a rule of its own, which knows how long it waited for its turn; this is later, for all the others.
  requestTimeout: HEADERS_WAIT_MS + LONGEST_ARRIVAL_MS + 5_000,
  connectionsCheckingInterval: 1_000,
  // Balancers keep a connection for a minute; the side that closes first must not be this one.
  keepAliveTimeout: 65_000,
  // The headers that a browser, a proxy and a token of 8 kB add up to fit.
  maxHeaderSize: 16_384,
  handshakeTimeout: HANDSHAKE_WAIT_MS,
} satisfies ServerOptions & { handshakeTimeout: number }

interface Connections {
  open: number
  isTold: boolean
}

/** Resets connections of an address, or a /64 of IPv6, that has too many. Those of this machine, a proxy's perhaps, are not counted. */
export function limitConnections(server: Server, maxPerAddress: number, logger: Logger): void {
  const byNetwork = new Map<string, Connections>()
  const counted = new WeakSet<Socket>()

  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? ''
    const network = networkOf(address)
    // A socket comes again when its wish for an upgrade is ignored.
    if (counted.has(socket) || isLoopback(address) || isLoopback(network)) return
    counted.add(socket)
    const connections = byNetwork.get(network) ?? { open: 0, isTold: false }
    byNetwork.set(network, connections)
    connections.open++
    socket.once('close', () => {
      if (--connections.open === 0) byNetwork.delete(network)
    })
    if (connections.open <= maxPerAddress) return
    if (!connections.isTold) {
      const most = `limits.maxConnectionsPerAddress (${maxPerAddress})`
      logger.warn(`${network} has more connections than ${most}; if it is a proxy, set trustProxy`)
    }
    connections.isTold = true
    socket.resetAndDestroy()
  })
}
