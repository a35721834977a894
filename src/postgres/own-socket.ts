import net from 'node:net'
import type pg from 'pg'

/** Settings for one connection whose socket the caller can close. */
export interface SeverableConfig {
  config: pg.ClientConfig
  /** Ends the connection at once, in whatever state, without telling the server. Harmless when repeated. */
  cut(): void
}

/**
 * Makes a long-lived connection that can always be ended: `client.end()` waits for a peer that may never answer, and
 * cannot end a client that is still connecting.
 *
 * The server also checks the connection: it notices the loss of the gateway's machine within about 25 seconds (10 + 3
 * × 5), and then releases the session's advisory locks. The settings serve one client.
 */
export function withOwnSocket(given: pg.ClientConfig): SeverableConfig {
  const socket = new net.Socket()
  const settings = ['tcp_keepalives_idle=10', 'tcp_keepalives_interval=5', 'tcp_keepalives_count=3']
  return {
    config: {
      ...given,
      options: [given.options, ...settings.map((setting) => `-c ${setting}`)].filter(Boolean).join(' '),
      stream: () => socket,
    },
    cut() {
      socket.destroy()
    },
  }
}
