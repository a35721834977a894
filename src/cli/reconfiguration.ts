import type { Logger } from 'pino'
import { Turns } from '../async/turns.ts'
import { ConfigError } from '../config/config-error.ts'
import type { Config } from '../config/shape.ts'
import type { ConfigurationChange, NamedChanges } from '../database/administration.ts'
import type { DatabaseOptions } from '../database/live-database.ts'
import { PgqError } from '../errors.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { reasonOf } from '../reason.ts'
import { databaseOptions, givenDatabases, givenMovers } from './targets.ts'

/** Settings of databases and movers; they hold as soon as they are read again. */
const changeable: readonly string[] = [
  'movers',
  'databases',
  'engine',
  'ticker',
  'connections',
] satisfies (keyof Config)[]

/** A change takes as long as the streams of a database that is removed (milliseconds). */
const MAX_CHANGE_MS = 600_000

/** Where a configuration comes from. */
export interface ConfigSource {
  /** Reads it again. @throws ConfigError for a mistake in it. */
  load(): Config
  /** Names of the databases to serve; none for all. */
  only: readonly string[]
}

/** Brings the databases and movers of a running server in line with its configuration, read again. */
export class Reconfiguration {
  readonly #source: ConfigSource
  readonly #databases: Gateway['databases']
  readonly #movers: Gateway['movers']
  readonly #logger: Logger
  readonly #turns = new Turns()
  /** What was read last. */
  #config: Config

  constructor(config: Config, source: ConfigSource, { databases, movers }: Gateway, logger: Logger) {
    this.#config = config
    this.#source = source
    this.#databases = databases
    this.#movers = movers
    this.#logger = logger
  }

  /**
   * Reads the configuration and changes what is different; databases and movers that are not, and databases that were added
   * through the API, go on.
   *
   * @throws PgqError `BAD_INPUT` for a mistake in it: then nothing changes. Also for databases that cannot be added: then all
   *   others have changed, and the same may be tried again.
   */
  run(): Promise<ConfigurationChange> {
    return this.#turns.run(() => this.#change(), MAX_CHANGE_MS)
  }

  /** Does so, and leaves the outcome to the log. */
  async runLogged(): Promise<void> {
    await this.run().catch((error: unknown) => {
      if (!(error instanceof PgqError))
        this.#logger.error({ err: error }, 'The configuration could not be read again')
    })
  }

  async #change(): Promise<ConfigurationChange> {
    const { config, wanted } = this.#read()
    const before = optionsByName(this.#config, this.#source.only)
    const added = [...wanted.keys()].filter((name) => !before.has(name) && !this.#databases.has(name))
    const changed = [...wanted.keys()].filter((name) => {
      const old = before.get(name)
      return old ? !isSame(old, wanted.get(name)) : this.#databases.has(name)
    })
    const removed = [...before.keys()].filter((name) => !wanted.has(name))
    const waiting = Object.keys(config).filter(
      (key) =>
        !changeable.includes(key) && !isSame(config[key as keyof Config], this.#config[key as keyof Config]),
    )
    this.#databases.maxConnections = config.connections.maxTotal
    const replaced = await Promise.allSettled(
      [...removed, ...changed, ...added].map((name) => this.#replace(name, wanted.get(name))),
    )
    const change = { added, changed, removed, movers: await this.#changeMovers(config), waiting }
    this.#tell(change)
    const failures = replaced.flatMap((each) => (each.status === 'rejected' ? [reasonOf(each.reason)] : []))
    if (failures.length > 0) throw this.#refuse(`Not all databases can be served: ${failures.join('; ')}`)
    this.#config = { ...this.#config, ...pick(config, changeable) }
    return change
  }

  async #changeMovers(config: Config): Promise<NamedChanges> {
    const wanted = givenMovers(config, this.#source.only, (name) => this.#databases.has(name))
    const changes = await this.#movers.replace(wanted)
    const lines = Object.entries(changes).flatMap(([what, names]) => names.map((name) => `${what} ${name}`))
    if (lines.length > 0) this.#logger.info(`Movers have changed: ${lines.join(', ')}`)
    return changes
  }

  /** Removes a database, and adds one of that name where one is wanted. */
  async #replace(name: string, options: DatabaseOptions | undefined): Promise<void> {
    await this.#databases.remove(name)
    if (options) this.#databases.add(options)
  }

  #read(): { config: Config; wanted: Map<string, DatabaseOptions> } {
    try {
      const config = this.#source.load()
      const wanted = optionsByName(config, this.#source.only)
      const hasEmbedded = optionsByName(this.#config, []).size === 0
      if (hasEmbedded !== (wanted.size === 0))
        throw new ConfigError('databases: to or from the embedded server it takes a restart.')
      return { config, wanted }
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      throw this.#refuse(
        `The configuration was read again and has a mistake, so nothing changes: ${error.message}`,
      )
    }
  }

  #refuse(message: string): PgqError {
    this.#logger.error(message)
    return new PgqError('BAD_INPUT', message)
  }

  #tell({ added, changed, removed, waiting }: ConfigurationChange): void {
    const counts = `${added.length} databases added, ${changed.length} changed, ${removed.length} removed`
    this.#logger.info({ added, changed, removed }, `The configuration was read again: ${counts}`)
    if (waiting.length > 0) this.#logger.warn(`Only a restart changes these settings: ${waiting.join(', ')}`)
  }
}

function optionsByName(config: Config, only: readonly string[]): Map<string, DatabaseOptions> {
  return new Map(
    givenDatabases(config, only).map((entry) => [entry.name, databaseOptions(config, entry)] as const),
  )
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function pick(config: Config, keys: readonly string[]): Partial<Config> {
  return Object.fromEntries(Object.entries(config).filter(([key]) => keys.includes(key)))
}
