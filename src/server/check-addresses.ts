import { ConfigError } from '../config/config-error.ts'
import { configShape } from '../config/shape.ts'

const shape = configShape.pick({ basePath: true, publicUrl: true, allowedHosts: true, cors: true }).partial()

interface Addresses {
  basePath?: unknown
  publicUrl?: unknown
  allowedHosts?: unknown
  cors?: unknown
}

/** Checks the addresses among options, as those of the command line are. @throws ConfigError that names the option. */
export function checkAddresses({ basePath, publicUrl, allowedHosts, cors }: Addresses): void {
  const result = shape.safeParse({ basePath, publicUrl, allowedHosts, cors })
  if (result.success) return
  const lines = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}.`)
  throw new ConfigError(lines.join('\n'))
}
