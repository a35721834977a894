import type { Config } from '../config/shape.ts'
import type { DatabaseOptions } from '../database/live-database.ts'
import { findEmbeddedServer } from '../embedded/embedded-server.ts'
import type { Client } from '../postgres/client.ts'
import { connectionTarget, describeTarget } from '../postgres/connection-target.ts'
import { connectClient } from '../postgres/pooler.ts'
import { reasonOf } from '../reason.ts'

/** Something that the user can put right; shown without a stack. */
export class CliError extends Error {
  override readonly name = 'CliError'
}

/**
 * The database that is given, else the embedded server that runs.
 *
 * @throws CliError when there is neither.
 */
export async function runningDatabase(config: Config): Promise<string> {
  const found = config.databaseUrl ?? (await findEmbeddedServer(config.dataDirectory))
  if (found !== null) return found
  throw new CliError(
    `No embedded server runs in ${config.dataDirectory}. Start one with "pgq-graphql serve", ` +
      'or name a database with --database-url or DATABASE_URL.',
  )
}

/** The database of this configuration, as a gateway takes it. */
export function databaseOptions(config: Config, connectionString: string): DatabaseOptions {
  return {
    name: 'main',
    connectionString,
    engine: config.engine,
    ticker: config.ticker.enabled,
    maxConnectionsPerRole: config.connections.maxPerRole,
    statementTimeoutMs: config.connections.statementTimeoutMs,
  }
}

/** @param purpose Shown in `pg_stat_activity.application_name`. @throws CliError when it cannot be reached. */
export async function connect(
  connectionString: string,
  purpose: string,
): Promise<{ client: Client; trustsPooler: boolean }> {
  const target = connectionTarget(connectionString)
  try {
    return await connectClient({
      target,
      applicationName: `pgq-graphql/${purpose}`,
      settings: { statement_timeout: '0' },
      connectTimeoutMs: target.connectTimeoutMs ?? 10_000,
      answerTimeoutMs: 0,
    })
  } catch (error) {
    throw new CliError(`Cannot connect to ${describeTarget(target)}: ${reasonOf(error)}`, { cause: error })
  }
}
