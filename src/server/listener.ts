import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Certificate } from './certificate.ts'
import { patience } from './connections.ts'

/** Makes a server, with TLS where there is a certificate. */
export function createListener(certificate: Certificate | null, answer: RequestListener): Server {
  if (!certificate) return createServer(patience, answer)
  const server = createTlsServer({ ...patience, ...certificate.context }, answer)
  certificate.onRenewal((context) => server.setSecureContext(context))
  return server
}

/** Listens. @returns The origin of the server's URLs. */
export async function listenOn(server: Server, host: string, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const { port: taken } = server.address() as AddressInfo
  const scheme = 'setSecureContext' in server ? 'https' : 'http'
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${taken}`
}
