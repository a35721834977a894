import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Cluster } from '../../src/embedded/cluster.ts'
import { freePort } from '../../src/embedded/free-port.ts'
import { processesIn, type StopMode } from '../../src/embedded/postmaster.ts'
import { giveTo, type ServerUser, serverUser } from '../../src/embedded/server-user.ts'
import { startChild } from './child.ts'
import { until } from './deadline.ts'
import type { PostgresVersion } from './engines.ts'
import { binariesOf } from './installations.ts'
import { temporaryDirectory } from './temporary-directory.ts'

// No data outlives a test run, so nothing waits for a disk.
const fastSettings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '32MB',
  max_connections: '200',
  autovacuum: 'off',
  timezone: 'UTC',
}

/** A PostgreSQL server whose directory is removed on disposal. */
export interface TestCluster extends AsyncDisposable {
  /** Connects to the database `postgres` as a superuser. Stays the same after a restart. */
  readonly url: string
  readonly port: number
  readonly dataDirectory: string
  stop(mode?: StopMode): Promise<void>
  /** Sends SIGKILL to all of its processes. */
  kill(): Promise<void>
  start(): Promise<void>
}

/**
 * Makes and starts a server. `stop('immediate')` is a crash: clients lose their connections and the next `start`
 * recovers.
 *
 * @param settings Settings of postgresql.conf that override fast and unsafe defaults: fsync and autovacuum are off.
 */
export function startCluster(
  version: PostgresVersion = 18,
  settings: Record<string, string> = {},
): Promise<TestCluster> {
  return startFilled(version, settings, ({ cluster }) => cluster.initialise())
}

/** Version of the servers that can have a standby. */
export const replicatedVersion = 15
const backupProgram = '/usr/lib/postgresql/15/bin/pg_basebackup'

/** Tells whether a standby can be made. CI assumes so, and a missing package fails the tests. */
export const hasStandby = process.env.CI === 'true' || existsSync(backupProgram)

/** Makes and starts a standby that streams from a server of `replicatedVersion`. */
export function startStandby(primary: TestCluster): Promise<TestCluster> {
  return startFilled(replicatedVersion, {}, async ({ dataDirectory, user }) => {
    const source = ['-h', '127.0.0.1', '-p', String(primary.port), '-U', 'postgres']
    const options = ['-D', dataDirectory, '--write-recovery-conf', '--checkpoint=fast', '--no-sync']
    await using backup = startChild(backupProgram, [...source, ...options], { cwd: '/', ...user })
    const { code } = await backup.ended(60_000)
    if (code !== 0) throw new Error(`pg_basebackup failed: ${backup.output()}`)
  })
}

interface EmptyCluster {
  cluster: Cluster
  dataDirectory: string
  user: ServerUser | undefined
}

/** @param fill Makes the data directory. */
async function startFilled(
  version: PostgresVersion,
  settings: Record<string, string>,
  fill: (empty: EmptyCluster) => Promise<void>,
): Promise<TestCluster> {
  const temporary = await temporaryDirectory()
  const directory = temporary.path
  const dataDirectory = join(directory, 'data')
  const socketDirectory = join(directory, 's')
  const user = await serverUser(dataDirectory)
  await mkdir(socketDirectory)
  await giveTo(user, directory)
  await giveTo(user, socketDirectory)
  const port = await freePort()
  const cluster = new Cluster({
    binaries: await binariesOf(version),
    dataDirectory,
    port,
    logFile: join(directory, 'log'),
    user,
    settings: { ...fastSettings, unix_socket_directories: socketDirectory, ...settings },
  })
  const remove = async () => {
    await cluster.stop('immediate')
    await temporary[Symbol.asyncDispose]()
  }
  try {
    await fill({ cluster, dataDirectory, user })
    await cluster.start()
  } catch (error) {
    await remove()
    throw error
  }
  return {
    url: `postgresql://postgres@127.0.0.1:${port}/postgres`,
    port,
    dataDirectory,
    stop: (mode = 'fast') => cluster.stop(mode),
    async kill() {
      // A process that the postmaster starts meanwhile ends by itself when it finds its parent gone.
      for (const pid of await processesIn(dataDirectory)) killIfAlive(pid)
      await cluster.stop('immediate')
      await until(async () => (await processesIn(dataDirectory)).length === 0, 'the end of all processes')
    },
    start: () => cluster.start(),
    [Symbol.asyncDispose]: remove,
  }
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
