import { checkOptions } from '../config/check-options.ts'
import { configShape } from '../config/shape.ts'

const shape = configShape.pick({ basePath: true, publicUrl: true, allowedHosts: true, cors: true }).partial()

interface Addresses {
  basePath?: unknown
  publicUrl?: unknown
  allowedHosts?: unknown
  cors?: unknown
}

/** Checks the addresses among the options of a server. @throws ConfigError that names each bad one. */
export function checkAddresses({ basePath, publicUrl, allowedHosts, cors }: Addresses): void {
  checkOptions(shape, { basePath, publicUrl, allowedHosts, cors })
}
