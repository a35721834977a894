import type { Config } from './shape.ts'

/** The configuration as a config file could hold it, but for secrets. */
export function printableConfig(config: Config): string {
  const { databaseUrl } = config
  return JSON.stringify({ ...config, databaseUrl: databaseUrl && withoutPassword(databaseUrl) }, null, 2)
}

/** A connection string to show: a password in it becomes `***`, and all of it where it cannot be taken apart. */
export function withoutPassword(connectionString: string): string {
  if (!URL.canParse(connectionString)) return '***'
  const url = new URL(connectionString)
  if (url.password !== '') url.password = '***'
  for (const key of [...url.searchParams.keys()]) {
    if (/password|sslkey/i.test(key)) url.searchParams.set(key, '***')
  }
  return url.href
}
