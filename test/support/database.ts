import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { Turns } from '../../src/async/turns.ts'
import { type DatabaseOptions, LiveDatabase } from '../../src/database/live-database.ts'
import type { Instrumentation } from '../../src/instrumentation.ts'
import { until } from './deadline.ts'
import { type EngineName, engineChoice, postgresOf, templateName } from './engines.ts'
import { testLogger } from './logger.ts'
import { preparedEngines } from './prepared-engines.ts'

export type { EngineName } from './engines.ts'

/** A database with an engine in it, cloned for one test or file. Dispose of it, after all that connects to it. */
export interface TestDatabase extends AsyncDisposable {
  readonly engine: EngineName
  readonly name: string
  /** Connects as a superuser. */
  readonly url: string
  /** Connects a client, which the test must end. */
  connect(): Promise<pg.Client>
  /** Opens a live, ready database named `main` that nothing ticks; the test closes it. */
  open(options?: Partial<DatabaseOptions>, instrumentation?: Instrumentation): Promise<LiveDatabase>
}

/** Engines that this machine can test. */
export const availableEngines = Object.keys(preparedEngines()) as readonly EngineName[]
/** Each available engine once: for what depends on the functions of PgQ, and not on the version of PostgreSQL. */
export const eachEngine = availableEngines.filter((engine) => engine !== 'sql-15')
/** Available engines that are this project's SQL. */
export const sqlEngines = availableEngines.filter((engine) => engineChoice(engine) === 'sql')

const undisposed = new Set<TestDatabase>()
/** Connections to the servers' databases `postgres`, by URL. */
const admins = new Map<string, Promise<Admin>>()

export async function createTestDatabase(engine: EngineName = 'sql-18'): Promise<TestDatabase> {
  const prepared = preparedEngines()[engine]
  if (!prepared) throw new Error(`engine ${engine} is not available here`)
  if (prepared.failure) throw new Error(prepared.failure)
  const name = `test_${randomBytes(6).toString('hex')}`
  // Copying files takes a third of the processor time of copying through the WAL.
  const strategy = postgresOf(engine) >= 15 ? 'strategy file_copy' : ''
  const admin = await adminOf(prepared.adminUrl)
  await admin.query(`create database ${name} template ${templateName(engine)} ${strategy}`)
  const url = prepared.adminUrl.replace(/postgres$/, name)
  const database: TestDatabase = {
    engine,
    name,
    url,
    async connect() {
      const client = new pg.Client({ connectionString: url, application_name: 'test' })
      client.on('error', () => {})
      await client.connect()
      return client
    },
    async open(options, instrumentation) {
      const given = { name: 'main', connectionString: url, engine: engineChoice(engine), ticker: false }
      const live = new LiveDatabase({ ...given, ...options }, { logger: testLogger(), instrumentation })
      await live.ready()
      return live
    },
    async [Symbol.asyncDispose]() {
      if (!undisposed.delete(database)) return
      const admin = await adminOf(prepared.adminUrl)
      try {
        await expectNoConnections(admin, name)
      } finally {
        await admin.query(`drop database ${name} with (force)`)
      }
    },
  }
  undisposed.add(database)
  return database
}

/** Drops the databases that a test file left, and fails if there are any. Runs after each file. */
export async function expectAllDisposed(): Promise<void> {
  const left = [...undisposed]
  const results = await Promise.allSettled(left.map((database) => database[Symbol.asyncDispose]()))
  await endAdmins()
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []))
  if (left.length > 0) {
    throw new Error([`${left.length} test databases were not disposed of`, ...failures].join('\n'))
  }
}

interface Leak {
  application_name: string
  state: string | null
  query: string
}

async function expectNoConnections(admin: Admin, name: string): Promise<void> {
  let leaks: Leak[] = []
  const ask = async () => {
    const answer = await admin.query<Leak>(
      `select application_name, state, query from pg_stat_activity
       where datname = $1 and backend_type = 'client backend'`,
      [name],
    )
    leaks = answer.rows
    return leaks.length === 0
  }
  const describe = () =>
    leaks.map((leak) => `\n  ${leak.application_name}: ${leak.state}, ${leak.query}`).join('')
  // A backend ends a moment after its client has said goodbye.
  await until(ask, `the end of connections to ${name}; the test leaks them:`, { timeoutMs: 3_000, describe })
}

/** A connection that stays open until the end of the test file. Its queries take turns. */
class Admin {
  readonly #client: pg.Client
  readonly #turns = new Turns()

  private constructor(client: pg.Client) {
    this.#client = client
  }

  static async connect(url: string): Promise<Admin> {
    const client = new pg.Client({ connectionString: url, application_name: 'test admin' })
    client.on('error', () => {})
    await client.connect()
    return new Admin(client)
  }

  query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<pg.QueryResult<Row>> {
    return this.#turns.run(() => this.#client.query<Row>(text, values), 60_000)
  }

  end(): Promise<void> {
    return this.#client.end()
  }
}

function adminOf(url: string): Promise<Admin> {
  const admin = admins.get(url) ?? Admin.connect(url)
  admins.set(url, admin)
  return admin
}

async function endAdmins(): Promise<void> {
  const open = [...admins.values()]
  admins.clear()
  for (const admin of open) await (await admin).end()
}
