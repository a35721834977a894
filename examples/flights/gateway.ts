import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { findEmbeddedServer } from 'pgq-graphql/embedded'

export interface Gateway extends AsyncDisposable {
  /** The address of the GraphQL endpoint. */
  url: string
  databaseUrl: string
}

const START_TIMEOUT_MS = 60_000

/** Runs `pgq-graphql serve` on a free port, as a user would; with an embedded PostgreSQL unless a database is given. */
export async function startGateway(given: string | null): Promise<Gateway> {
  const directory = await mkdtemp(join(tmpdir(), 'flights-'))
  // When started by root the server runs as another user, who must be able to read the directory.
  await chmod(directory, 0o755)
  const program = fileURLToPath(new URL('cli/main.js', import.meta.resolve('pgq-graphql')))
  const { DATABASE_URL: _, ...environment } = process.env
  const child = spawn(process.execPath, [program, 'serve', '--port', '0', '--data-dir', directory], {
    // Every user of the machine can read the arguments, so the address is in the environment.
    env: { ...environment, ...(given !== null && { DATABASE_URL: given }) },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C is for this program, which ends the gateway last.
    detached: true,
  })
  process.once('exit', () => child.kill('SIGTERM'))
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
    await rm(directory, { recursive: true, force: true })
  }
  try {
    const url = await listening(child)
    await ready(url)
    const databaseUrl = given ?? (await findEmbeddedServer(directory))
    if (databaseUrl === null) throw new Error('The embedded PostgreSQL cannot be found')
    return { url, databaseUrl, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Waits until the gateway is ready: it listens before its database is there. */
async function ready(url: string): Promise<void> {
  const endsAt = Date.now() + START_TIMEOUT_MS
  for (;;) {
    const { ok } = await fetch(new URL('/health/ready', url))
    if (ok) return
    if (Date.now() > endsAt) throw new Error('The database of the gateway was not ready in time')
    await delay(50)
  }
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = ''
    const fail = (why: string) => reject(new Error(`The gateway ${why}:\n${printed}`))
    const timer = setTimeout(() => fail('did not start in time'), START_TIMEOUT_MS)
    const read = (chunk: Buffer) => {
      // Later output is read too, or the pipe would fill, but it is not kept.
      if (url !== undefined) return
      printed += chunk.toString()
      url = /Listening on (http[^\s"]+)/.exec(printed)?.[1]
      if (url === undefined) return
      clearTimeout(timer)
      resolve(url)
    }
    let url: string | undefined
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('exit', () => {
      clearTimeout(timer)
      fail('ended')
    })
  })
}
