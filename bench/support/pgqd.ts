import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** PgQ's own ticker daemon on one database, with its defaults. */
export async function startPgqd(
  databaseUrl: string,
): Promise<AsyncDisposable & { readonly process: ChildProcess }> {
  const directory = await mkdtemp(join(tmpdir(), 'pgq-bench-'))
  const url = new URL(databaseUrl)
  const name = url.pathname.slice(1)
  const config = join(directory, 'pgqd.ini')
  await writeFile(
    config,
    `[pgqd]
logfile = ${join(directory, 'log')}
pidfile = ${join(directory, 'pid')}
base_connstr = host=${url.hostname} port=${url.port} user=${url.username}
initial_database = ${name}
database_list = ${name}
`,
  )
  const child = spawn('pgqd', [config], { stdio: 'ignore' })
  await once(child, 'spawn')
  return {
    process: child,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
      await rm(directory, { recursive: true })
    },
  }
}
