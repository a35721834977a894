import { withoutCredentials } from '../nats/address.ts'
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
  const movers = Object.entries(config.movers).map(([name, { to, ...settings }]) => [
    name,
    { ...settings, to: to.nats === undefined ? to : { ...to, nats: withoutCredentials(to.nats) } },
  ])
  const shown = { ...config, databases: Object.fromEntries(databases), movers: Object.fromEntries(movers) }
  return JSON.stringify(shown, null, 2)
}
