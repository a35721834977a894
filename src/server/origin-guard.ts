import type { IncomingMessage } from 'node:http'

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Keeps pages of other sites from using the API through a browser on this machine. Their requests carry a foreign
 * `Origin`, or, after DNS rebinding, a foreign `Host`.
 *
 * @returns The reason for refusing the request, or null.
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
