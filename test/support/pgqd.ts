import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Child, startChild } from './child.ts'

/** Tells whether Debian's programs for PgQ are installed. CI assumes so, and a missing package fails the tests. */
export const hasPeers =
  process.env.CI === 'true' || ['/usr/bin/pgqd', '/usr/bin/pg_dump', '/usr/bin/python3'].every(existsSync)

/** Starts Debian's ticker on one database, with its shortest periods. Its log is `pgqd.log` in the directory. */
export async function startPgqd(directory: string, databaseUrl: string): Promise<Child> {
  const periods = { ticker_period: 1, retry_period: 1, maint_period: 1 }
  return startChild('pgqd', [await writePgqdConfig(directory, databaseUrl, periods)])
}

/** Writes a configuration of pgqd for one database. @param settings Override its defaults. @returns the file's path. */
export async function writePgqdConfig(
  directory: string,
  databaseUrl: string,
  settings: Record<string, string | number> = {},
): Promise<string> {
  const { hostname, port, username, pathname } = new URL(databaseUrl)
  const name = pathname.slice(1)
  const all = {
    logfile: join(directory, 'pgqd.log'),
    pidfile: join(directory, 'pgqd.pid'),
    base_connstr: `host=${hostname} port=${port} user=${username}`,
    initial_database: name,
    database_list: name,
    ...settings,
  }
  const lines = Object.entries(all).map(([key, value]) => `${key} = ${value}\n`)
  const file = join(directory, 'pgqd.ini')
  await writeFile(file, `[pgqd]\n${lines.join('')}`)
  return file
}
