import { connectionTarget } from '../../src/postgres/connection-target.ts'
import { Database } from '../../src/postgres/database.ts'
import { testLogger } from './logger.ts'

/** Gives connections to a database that has PgQ, and nothing else: nobody listens, ticks or says that it lives. */
export function openConnections(connectionString: string, name = 'main'): Database {
  const limits = { maxConnectionsPerRole: 10, statementTimeoutMs: 30_000 }
  const database = new Database({
    name,
    target: connectionTarget(connectionString),
    ...limits,
    logger: testLogger(),
  })
  database.admit()
  return database
}
