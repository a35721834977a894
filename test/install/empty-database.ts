import { randomBytes } from 'node:crypto'
import pg from 'pg'
import type { EngineName } from '../support/engines.ts'
import { preparedEngines } from '../support/prepared-engines.ts'

/** A database without PgQ, on the server of an engine. */
export interface EmptyDatabase extends AsyncDisposable {
  readonly name: string
  readonly url: string
  /** Returns the URL of this database for another login. */
  urlFor(login: string): string
  /** Connects a client, as a superuser unless a login is given; ended at disposal. */
  connect(login?: string): Promise<pg.Client>
  /** Creates a role that can log in; dropped at disposal with all that it owns. */
  createLogin(options?: string): Promise<string>
  /** Runs SQL in the server's database `postgres`, as a superuser. */
  asAdmin(text: string): Promise<void>
}

/** @param options As in `create database`, such as an encoding. */
export async function createEmptyDatabase(
  engine: EngineName = 'sql-18',
  options = '',
): Promise<EmptyDatabase> {
  const prepared = preparedEngines()[engine]
  if (!prepared) throw new Error(`engine ${engine} is not available here`)
  const { adminUrl } = prepared
  const name = `test_${randomBytes(6).toString('hex')}`
  const url = adminUrl.replace(/postgres$/, name)
  const clients: pg.Client[] = []
  const logins: string[] = []
  const urlFor = (login: string) => url.replace('//postgres@', `//${login}@`)
  const asAdmin = async (text: string) => {
    const admin = new pg.Client({ connectionString: adminUrl })
    await admin.connect()
    try {
      for (const statement of text.split(';')) if (statement.trim()) await admin.query(statement)
    } finally {
      await admin.end()
    }
  }
  await asAdmin(`create database ${name} template template0 ${options}`)
  return {
    name,
    url,
    urlFor,
    asAdmin,
    async connect(login = 'postgres') {
      const client = new pg.Client({ connectionString: urlFor(login) })
      client.on('error', () => {})
      await client.connect()
      clients.push(client)
      return client
    },
    async createLogin(options = '') {
      const login = `login_${randomBytes(6).toString('hex')}`
      await asAdmin(`create role ${login} login ${options}`)
      logins.push(login)
      return login
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.end()))
      await asAdmin(`drop database ${name} with (force)`)
      for (const login of logins) await asAdmin(`drop owned by ${login}; drop role ${login}`)
    },
  }
}
