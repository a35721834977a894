import type { IncomingMessage } from 'node:http'

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Keeps pages of other sites in a browser on this machine from using the API: their requests carry an `Origin` that is
 * not this server's, or, when their name was made to resolve to this machine, a `Host` that is not.
 *
 * @returns Why the request is refused, or null.
 */
export function refuseOrigin(request: IncomingMessage, listensOnLoopback: boolean): string | null {
  const { host = '', origin } = request.headers
  if (host !== '' && !isHost(host)) return `Host ${JSON.stringify(host)} is not a name or address with a port`
  if (listensOnLoopback && !loopbackNames.has(hostName(host))) {
    return `Host ${JSON.stringify(host)} is not this machine; use localhost`
  }
  if (request.headers['sec-fetch-site'] === 'cross-site') return 'Requests of other sites are refused'
  if (origin !== undefined && hostOfOrigin(origin) !== host) return 'Requests of other origins are refused'
  return null
}

function hostName(host: string): string {
  return host.replace(/:\d+$/, '')
}

function isHost(host: string): boolean {
  const url = URL.canParse(`http://${host}`) ? new URL(`http://${host}`) : null
  return url !== null && url.username === '' && url.href === `${url.origin}/`
}

function hostOfOrigin(origin: string): string | null {
  try {
    return new URL(origin).host
  } catch {
    return null
  }
}
