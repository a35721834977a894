import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { installEngine } from '../../src/database/install.ts'
import { hasDebianPostgres, startCluster, type TestCluster } from './cluster.ts'
import {
  type EngineName,
  engineNames,
  engines,
  type PostgresVersion,
  type PreparedEngine,
  templateName,
} from './engines.ts'
import { removeLeftovers } from './temporary-directory.ts'

/** Starts a server per PostgreSQL version, makes a template database per engine in it, and stops all at the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeLeftovers()
  const versions: PostgresVersion[] = (await hasDebianPostgres()) ? [18, 15] : [18]
  const missing = engineNames.filter((name) => !versions.includes(engines[name].postgres))
  if (missing.length > 0) reportMissing(missing)

  const clusters = new Map<PostgresVersion, TestCluster>()
  const stop = async () => {
    await Promise.all([...clusters.values()].map((cluster) => cluster[Symbol.asyncDispose]()))
  }
  try {
    await Promise.all(versions.map(async (version) => clusters.set(version, await startCluster(version))))
    const prepared: Partial<Record<EngineName, PreparedEngine>> = {}
    for (const name of engineNames) {
      const cluster = clusters.get(engines[name].postgres)
      if (cluster) prepared[name] = await prepare(name, cluster)
    }
    project.provide('engines', prepared)
  } catch (error) {
    await stop()
    throw error
  }
  return stop
}

function reportMissing(missing: EngineName[]): void {
  const message =
    `${missing.length} of ${engineNames.length} engines are missing (${missing.join(', ')}): ` +
    'install the Debian packages postgresql-15 and postgresql-15-pgq3.'
  if (process.env.CI === 'true') throw new Error(message)
  console.warn(`\n!!! ${message}\n!!! Their tests do not run.\n`)
}

async function prepare(engine: EngineName, cluster: TestCluster): Promise<PreparedEngine> {
  const name = templateName(engine)
  await query(cluster.url, (client) => client.query(`create database ${name}`))
  const templateUrl = cluster.url.replace(/postgres$/, name)
  try {
    await query(templateUrl, (client) => installEngine(client, { engine: engines[engine].choice }))
    return { adminUrl: cluster.url }
  } catch (error) {
    const failure = `engine ${engine} could not be installed: ${error instanceof Error ? error.message : String(error)}`
    console.error(`\n!!! ${failure}\n!!! Every test that uses it fails.\n`)
    return { adminUrl: cluster.url, failure }
  }
}

async function query(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
