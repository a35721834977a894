import { isLoopback } from '../loopback.ts'

export interface Exposure {
  host: string
  isEncrypted: boolean
  publicUrl: string | null
  origins: readonly string[]
}

/** Says what is open to others that may not be meant so, each with its setting. */
export function warningsOf({ host, isEncrypted, publicUrl, origins }: Exposure): string[] {
  const warnings: string[] = []
  if (!isLoopback(host) && !isEncrypted && !publicUrl?.startsWith('https:')) {
    warnings.push(
      `Clients connect to ${host} without TLS, so that others on the network can read what they send. Set tls.certFile ` +
        'and tls.keyFile, or publicUrl where a proxy has TLS.',
    )
  }
  if (origins.includes('*')) {
    warnings.push(
      'Pages of every origin may call the API. Name those that should in cors.origins, instead of "*".',
    )
  }
  return warnings
}
