import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { freePort } from '../../src/embedded/free-port.ts'
import { giveTo, serverUser } from '../../src/embedded/server-user.ts'
import { startChild } from './child.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const program = resolve(process.env.PGQ_TEST_PGBOUNCER ?? '/usr/sbin/pgbouncer')

/** Tells whether the pooler is installed. CI assumes so, and a missing package fails the tests. */
export const hasPgBouncer = process.env.CI === 'true' || existsSync(program)

export interface PgBouncer extends AsyncDisposable {
  /** The target's URL with the pooler's address. */
  readonly url: string
}

/** Starts a pooler in front of the server of a URL, with its defaults otherwise. It takes any client for that user. */
export async function startPgBouncer(
  target: string,
  mode: 'session' | 'transaction' | 'statement',
  settings: Record<string, string> = {},
): Promise<PgBouncer> {
  const directory = await temporaryDirectory()
  const { hostname, port, username } = new URL(target)
  const url = new URL(target)
  url.hostname = '127.0.0.1'
  url.port = String(await freePort())
  const lines = [
    '[databases]',
    `* = host=${hostname} port=${port} user=${username}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${url.port}`,
    'unix_socket_dir =',
    'auth_type = any',
    `pool_mode = ${mode}`,
    ...Object.entries(settings).map(([name, value]) => `${name} = ${value}`),
  ]
  const file = join(directory.path, 'pgbouncer.ini')
  await writeFile(file, `${lines.join('\n')}\n`)
  // Like PostgreSQL, it does not run as root.
  const user = await serverUser(directory.path)
  await giveTo(user, file)
  const child = startChild(program, [file], { cwd: directory.path, ...user })
  const stop = async () => {
    await child[Symbol.asyncDispose]()
    await directory[Symbol.asyncDispose]()
  }
  try {
    await child.printed(/process up/)
  } catch (error) {
    await stop()
    throw error
  }
  return { url: url.href, [Symbol.asyncDispose]: stop }
}
