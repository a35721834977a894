import { execFile } from 'node:child_process'
import { access } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { type Binaries, nativeDirectory, prepareBinaries } from '../../src/embedded/binaries.ts'
import { type PostgresVersion, postgresOf, standardEngines } from './engines.ts'

const debianDirectory = '/usr/lib/postgresql/15/bin'
const extensionFile = '/usr/share/postgresql/15/extension/pgq.control'

/**
 * Finds the PostgreSQL installations to test with, by major version: the embedded one, Debian's 15 where it is
 * installed and offers the extension pgq, and those of the environment variable PGQ_TEST_POSTGRES. That is a list of
 * directories, separated by colons, in each of which `bin` holds `initdb` and `postgres`.
 *
 * @throws Error for a directory of that list without them, or of a version that is tested anyway.
 */
export async function findInstallations(): Promise<ReadonlyMap<PostgresVersion, Binaries>> {
  const found = new Map([[18, await prepare(nativeDirectory())]])
  if (await hasDebianPostgres()) found.set(15, { directory: debianDirectory, environment: {} })
  const more = process.env.PGQ_TEST_POSTGRES?.split(':').filter((directory) => directory !== '') ?? []
  for (const directory of more) {
    const binaries = await prepare(resolve(directory))
    const version = await versionOf(binaries)
    if (found.has(version) || standardEngines.some((engine) => postgresOf(engine) === version)) {
      throw new Error(`PGQ_TEST_POSTGRES: ${directory} is PostgreSQL ${version}, which is there already`)
    }
    found.set(version, binaries)
  }
  return found
}

/** @throws Error for a version that is not installed. */
export async function binariesOf(version: PostgresVersion): Promise<Binaries> {
  const binaries = (await findInstallations()).get(version)
  if (!binaries) throw new Error(`PostgreSQL ${version} is not installed`)
  return binaries
}

/** Makes an installation runnable, even `native/` of an npm package that was only unpacked and lacks its links. */
function prepare(directory: string): Promise<Binaries> {
  return prepareBinaries(directory, join(tmpdir(), 'pgq-test-links', directory))
}

async function hasDebianPostgres(): Promise<boolean> {
  const paths = await Promise.allSettled([access(join(debianDirectory, 'initdb')), access(extensionFile)])
  return paths.every((path) => path.status === 'fulfilled')
}

async function versionOf({ directory, environment }: Binaries): Promise<PostgresVersion> {
  const { stdout } = await promisify(execFile)(join(directory, 'postgres'), ['--version'], {
    env: { ...process.env, ...environment },
  })
  const [, major] = /(\d+)(?:\.|beta|rc|devel)/.exec(stdout) ?? []
  if (major === undefined) throw new Error(`${directory}/postgres tells no version: ${stdout}`)
  return Number(major)
}
