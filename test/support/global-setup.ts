import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { installEngine } from '../../src/install/install.ts'
import { startCluster, type TestCluster } from './cluster.ts'
import {
  type EngineName,
  engineChoice,
  type PreparedEngine,
  type PreparedEngines,
  postgresOf,
  standardEngines,
  templateName,
} from './engines.ts'
import { findInstallations } from './installations.ts'
import { removeLeftovers } from './temporary-directory.ts'

/**
 * Starts for each worker a server per PostgreSQL version, with a template database per engine. Workers share none,
 * because a transaction that is open anywhere in a cluster shows in every snapshot there, and so in what a rotation may
 * do. Stops all at the end.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeLeftovers()
  const versions = [...(await findInstallations()).keys()]
  const engines = versions.flatMap((version): EngineName[] => {
    const standard = standardEngines.filter((engine) => postgresOf(engine) === version)
    return standard.length > 0 ? standard : [`sql-${version}`]
  })
  const missing = standardEngines.filter((engine) => !engines.includes(engine))
  if (missing.length > 0) reportMissing(missing)

  const clusters: TestCluster[] = []
  const stop = async () => {
    await Promise.all(clusters.map((cluster) => cluster[Symbol.asyncDispose]()))
  }
  const prepareWorker = async () => {
    const prepared: PreparedEngines = {}
    for (const version of versions) {
      const cluster = await startCluster(version)
      clusters.push(cluster)
      for (const engine of engines) {
        if (postgresOf(engine) === version) prepared[engine] = await prepare(engine, cluster)
      }
    }
    return prepared
  }
  try {
    const workers = Array.from({ length: project.config.maxWorkers }, prepareWorker)
    project.provide('engines', await Promise.all(workers))
  } catch (error) {
    await stop()
    throw error
  }
  return stop
}

function reportMissing(missing: EngineName[]): void {
  const message =
    `${missing.length} of ${standardEngines.length} engines are missing (${missing.join(', ')}): ` +
    'install the Debian packages postgresql-15 and postgresql-15-pgq3.'
  if (process.env.CI === 'true') throw new Error(message)
  console.warn(`\n!!! ${message}\n!!! Their tests do not run.\n`)
}

async function prepare(engine: EngineName, cluster: TestCluster): Promise<PreparedEngine> {
  const name = templateName(engine)
  await query(cluster.url, (client) => client.query(`create database ${name}`))
  const templateUrl = cluster.url.replace(/postgres$/, name)
  try {
    await query(templateUrl, (client) => installEngine(client, { engine: engineChoice(engine) }))
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
