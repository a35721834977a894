import type { Config } from './shape.ts'

/** Formats the configuration as a config file, with secrets replaced. */
export function printableConfig(config: Config): string {
  const { databaseUrl } = config
  return JSON.stringify({ ...config, databaseUrl: databaseUrl && withoutPassword(databaseUrl) }, null, 2)
}

/** Replaces passwords in a connection string by `***`, and all of it where it cannot be parsed. */
export function withoutPassword(connectionString: string): string {
  if (!URL.canParse(connectionString)) return '***'
  const url = new URL(connectionString)
  if (url.password !== '') url.password = '***'
  for (const key of [...url.searchParams.keys()]) {
    if (/password|sslkey/i.test(key)) url.searchParams.set(key, '***')
  }
  return url.href
}
