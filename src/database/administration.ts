import { PgqError } from '../errors.ts'
import type { EngineChoice } from '../install/install.ts'
import { ConnectionStringError } from '../postgres/connection-parameter.ts'
import { parseConnectionUri } from '../postgres/connection-uri.ts'
import type { Databases } from './databases.ts'
import type { DatabaseOptions, LiveDatabase } from './live-database.ts'

/** Names of what was added, changed and removed. */
export type NamedChanges = Record<'added' | 'changed' | 'removed', string[]>

/** What a configuration that was read again changed, by names of databases. */
export interface ConfigurationChange extends NamedChanges {
  movers: NamedChanges
  /** Settings that hold only after a restart. */
  waiting: string[]
}

/** Settings of a database that somebody adds through the API. */
export interface NewDatabase {
  database: string
  url: string
  engine?: EngineChoice | null | undefined
  ticker?: boolean | null | undefined
}

/** Parameters of a URL that name files of this machine, which who adds a database may not have. */
const fileParameters = ['passfile', 'sslcert', 'sslkey', 'sslrootcert']

/** Nothing of this process completes the URL: whom it leads to would be told this process's password. */
const ofStrangers = { HOME: '/nonexistent' }

interface AdministrationParts {
  databases: Databases
  /** Settings of added databases that are not given. */
  defaults: Omit<DatabaseOptions, 'name' | 'connectionString'>
  /** Reads the configuration again. Undefined where there is none to read. */
  reload: (() => Promise<ConfigurationChange>) | undefined
}

/** Changes which databases a gateway serves, for those who may. What it adds and removes lasts as long as the process. */
export class Administration {
  readonly #parts: AdministrationParts

  constructor(parts: AdministrationParts) {
    this.#parts = parts
  }

  /** Adds a database, which then starts. @throws PgqError `BAD_INPUT`, without the URL, which is a secret. */
  add({ database, url, engine, ticker }: NewDatabase): LiveDatabase {
    const { databases, defaults } = this.#parts
    if (databases.has(database)) {
      throw new PgqError('BAD_INPUT', 'This server has a database of that name; remove it first', {
        field: 'input.database',
      })
    }
    checkUrl(url)
    try {
      return databases.add({
        ...defaults,
        name: database,
        connectionString: url,
        environment: ofStrangers,
        required: false,
        ...(engine && { engine }),
        ...(typeof ticker === 'boolean' && { ticker }),
      })
    } catch (error) {
      if (!(error instanceof PgqError)) throw error
      const field = error.field === 'name' ? 'input.database' : 'input.url'
      throw new PgqError(error.code, error.message, { field, cause: error })
    }
  }

  /** Removes a database; its streams end with `NOT_FOUND`. @returns False when there is none of that name. */
  remove(name: string): Promise<boolean> {
    return this.#parts.databases.remove(name)
  }

  /** @throws PgqError `BAD_INPUT` where there is no file to read, or what it says cannot be used. */
  async reload(): Promise<ConfigurationChange> {
    const { reload } = this.#parts
    if (reload) return reload()
    throw new PgqError('BAD_INPUT', 'This server was started without a configuration file')
  }
}

/** Refuses what would use files and sockets of this machine. @throws PgqError */
function checkUrl(url: string): void {
  const refuse = (message: string) => new PgqError('BAD_INPUT', message, { field: 'input.url' })
  try {
    const { host, parameters } = parseConnectionUri(url)
    const file = fileParameters.find((name) => parameters.has(name) && parameters.get(name) !== 'system')
    if (file !== undefined) throw refuse(`The URL of an added database may not have the parameter ${file}`)
    const hosts = (parameters.get('host') ?? host ?? '').split(',')
    if (hosts.some((name) => name === '' || name.startsWith('/')))
      throw refuse('The URL of an added database must name a host')
  } catch (error) {
    if (error instanceof ConnectionStringError) throw refuse(`The URL ${error.message}`)
    throw error
  }
}
