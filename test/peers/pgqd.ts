import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Program, startProgram } from './program.ts'

/** Debian's ticker on one database, as quick as it can be. Its log is `pgqd.log` in the directory. */
export async function startPgqd(directory: string, databaseUrl: string): Promise<Program> {
  const { hostname, port, username, pathname } = new URL(databaseUrl)
  const name = pathname.slice(1)
  const config = join(directory, 'pgqd.ini')
  await writeFile(
    config,
    `[pgqd]
logfile = ${join(directory, 'pgqd.log')}
pidfile = ${join(directory, 'pgqd.pid')}
base_connstr = host=${hostname} port=${port} user=${username}
initial_database = ${name}
database_list = ${name}
ticker_period = 1
retry_period = 1
maint_period = 1
`,
  )
  return startProgram('pgqd', [config])
}
