import { withoutPassword } from '../postgres/connection-uri.ts'
import type { Config } from './shape.ts'

/** Formats the configuration as a config file, with secrets replaced. */
export function printableConfig(config: Config): string {
  const databases = Object.entries(config.databases).map(([name, settings]) => [
    name,
    {
      ...settings,
      url: withoutPassword(settings.url),
      ...(settings.directUrl && { directUrl: withoutPassword(settings.directUrl) }),
    },
  ])
  return JSON.stringify({ ...config, databases: Object.fromEntries(databases) }, null, 2)
}
