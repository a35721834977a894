import net from 'node:net'
import type pg from 'pg'

/** Settings for one connection whose socket stays in the caller's hand. */
export interface SeverableConfig {
  config: pg.ClientConfig
  /** Ends the connection at once, whatever state it is in, without a word to the server. Harmless when repeated. */
  cut(): void
}

/**
 * Lets a long-lived connection be ended for certain: `client.end()` waits for a peer that may never answer, and a
 * client that is still connecting cannot be ended by it at all.
 *
 * The server is asked to look after the connection as well: within about 25 seconds it notices that the machine of
 * the gateway is gone, and gives back the session's advisory locks. Good for one client.
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
