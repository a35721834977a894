import { withoutPassword } from '../postgres/connection-uri.ts'
import type { Config } from './shape.ts'

/** Formats the configuration as a config file, with secrets replaced. */
export function printableConfig(config: Config): string {
  const { databaseUrl } = config
  return JSON.stringify({ ...config, databaseUrl: databaseUrl && withoutPassword(databaseUrl) }, null, 2)
}
