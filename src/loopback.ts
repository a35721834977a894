import { isIP } from 'node:net'

/** Says whether a server on this address takes connections from this machine alone. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
