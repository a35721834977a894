import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** A gateway in a process of its own. */
export interface Gateway extends AsyncDisposable {
  /** The address of the GraphQL endpoint. */
  readonly url: string
  /** Ends the process at once, as a crash would. */
  kill(): Promise<void>
}

const START_TIMEOUT_MS = 60_000

export const program = fileURLToPath(new URL('cli/main.js', import.meta.resolve('pgq-graphql')))

/** Returns the variables of this process with this database in place of its own. */
export function environmentWith(databaseUrl: string | null): NodeJS.ProcessEnv {
  const { DATABASE_URL: _, ...environment } = process.env
  // Every user of the machine can read the arguments of a process, so the address is in the environment.
  return databaseUrl === null ? environment : { ...environment, DATABASE_URL: databaseUrl }
}

/** Runs `pgq-graphql serve`, as a user would, and waits until it is ready. */
export async function serve(args: readonly string[], databaseUrl: string | null): Promise<Gateway> {
  const child = spawn(process.execPath, [program, 'serve', ...args], {
    env: environmentWith(databaseUrl),
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C is for this program, which ends the gateway last.
    detached: true,
  })
  const leave = () => child.kill('SIGTERM')
  process.once('exit', leave)
  const end = async (signal: NodeJS.Signals) => {
    process.off('exit', leave)
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill(signal)
    await once(child, 'exit')
  }
  try {
    const url = await listening(child)
    await ready(url)
    return { url, kill: () => end('SIGKILL'), [Symbol.asyncDispose]: () => end('SIGTERM') }
  } catch (error) {
    await end('SIGTERM')
    throw error
  }
}

/** Waits until the gateway is ready: it listens before its databases are there. */
async function ready(url: string): Promise<void> {
  const endsAt = Date.now() + START_TIMEOUT_MS
  for (;;) {
    const answer = await fetch(new URL('/health/ready', url))
    if (answer.ok) return
    if (Date.now() > endsAt) throw new Error(`The gateway was not ready in time: ${await answer.text()}`)
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
