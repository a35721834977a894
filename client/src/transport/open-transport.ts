import { HttpTransport } from './http-transport.ts'
import type { ConnectionOptions, Transport } from './transport.ts'

/** Opens the transport that the options ask for: HTTP and SSE, unless they bring another. */
export function openTransport({ transport, ...options }: ConnectionOptions): Transport {
  return transport ? transport(options) : new HttpTransport(options)
}
