import pg from 'pg'
import { withoutPassword } from '../config/print.ts'
import type { Config } from '../config/shape.ts'
import { findEmbeddedServer } from '../embedded/embedded-server.ts'

/** Thrown for what the user can put right; shown without a stack. */
export class CliError extends Error {
  override readonly name = 'CliError'
}

/**
 * Returns the connection string of the configured database, or of the running embedded server.
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

/** @param purpose Ends the name in `pg_stat_activity.application_name`. @throws CliError when it cannot connect. */
export async function connect(connectionString: string, purpose: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString,
    application_name: `pgq-graphql/${purpose}`,
    connectionTimeoutMillis: 10_000,
  })
  // After a connection dies between statements, the next statement fails and reports it.
  client.on('error', () => {})
  try {
    await client.connect()
    return client
  } catch (error) {
    const where = withoutPassword(connectionString)
    throw new CliError(`Cannot connect to ${where}: ${reasonOf(error)}`, { cause: error })
  }
}

/** Describes an error in one line; that of several tried addresses holds a reason for each. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
