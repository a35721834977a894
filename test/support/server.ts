import { pino } from 'pino'
import { defaults } from '../../src/config/defaults.ts'
import type { Database, DatabaseOptions } from '../../src/postgres/connections.ts'
import { createPgqServer, type ServerLimits } from '../../src/server/server.ts'
import { createTestDatabase, type EngineName, type TestDatabase } from './database.ts'

export interface TestServer extends AsyncDisposable {
  /** URL of the GraphQL endpoint. */
  readonly url: string
  readonly fixture: TestDatabase
  readonly database: Database
}

export interface TestServerOptions {
  engine?: EngineName
  limits?: Partial<ServerLimits>
  /** Default true. */
  ticker?: boolean
  socketPingMs?: number
  /** Another server's database, for several gateways on one; dispose of that server after this. */
  fixture?: TestDatabase
  /** Options of the connection, such as the URL of a proxy. */
  database?: Partial<DatabaseOptions>
}

/** Starts a server on a free port, with its own database. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const fixture = options.fixture ?? (await createTestDatabase(options.engine))
  const database = await fixture.open(options.database)
  const server = createPgqServer({
    databases: [database],
    host: '127.0.0.1',
    port: 0,
    limits: { ...defaults.limits, ...options.limits },
    ticker: options.ticker ?? true,
    ...(options.socketPingMs && { socketPingMs: options.socketPingMs }),
    logger: pino({ level: process.env.TEST_LOG_LEVEL ?? 'silent' }),
  })
  const { url } = await server.listen()
  return {
    url,
    fixture,
    database,
    async [Symbol.asyncDispose]() {
      await server.close()
      await database.close()
      if (!options.fixture) await fixture[Symbol.asyncDispose]()
    },
  }
}
