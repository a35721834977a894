import type { DatabaseOptions, LiveDatabase } from '../../src/database/live-database.ts'
import type { Gateway } from '../../src/gateway/gateway.ts'
import { createPgqServer, type PgqServerOptions } from '../../src/server/server.ts'
import { createTestDatabase, type EngineName, type TestDatabase } from './database.ts'
import { engineChoice } from './engines.ts'
import { testLogger } from './logger.ts'

export interface TestServer extends AsyncDisposable {
  /** Of the GraphQL endpoint. */
  readonly url: string
  readonly fixture: TestDatabase
  readonly database: LiveDatabase
  readonly gateway: Gateway
  /** Statements that resolvers have sent since the start. */
  readonly statementCount: number
}

export interface TestServerOptions extends Partial<Omit<PgqServerOptions, 'databases'>> {
  engine?: EngineName
  /** Default true. */
  ticker?: boolean
  /** Another server's database, for several gateways on one; it must be disposed of after this. */
  fixture?: TestDatabase
  /** For the connection to it, such as the way through a proxy. */
  database?: Partial<DatabaseOptions>
}

/** A server of its own on a database of its own, on a free port. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { engine, ticker = true, fixture: given, database: special, ...rest } = options
  const fixture = given ?? (await createTestDatabase(engine))
  let statementCount = 0
  const main = { name: 'main', connectionString: fixture.url, engine: engineChoice(fixture.engine), ticker }
  const server = createPgqServer({
    host: '127.0.0.1',
    port: 0,
    logger: testLogger(),
    ...rest,
    instrumentation: {
      ...rest.instrumentation,
      statement(event) {
        statementCount++
        rest.instrumentation?.statement?.(event)
      },
    },
    databases: [{ ...main, ...special }],
  })
  const { url } = await server.listen()
  const database = server.gateway.databases.get('main')
  await database.ready()
  return {
    url,
    fixture,
    database,
    gateway: server.gateway,
    get statementCount() {
      return statementCount
    },
    async [Symbol.asyncDispose]() {
      await server.close()
      if (!given) await fixture[Symbol.asyncDispose]()
    },
  }
}
