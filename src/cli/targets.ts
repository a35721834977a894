import { Pattern } from '../access/pattern.ts'
import { ConfigError } from '../config/config-error.ts'
import { type DatabaseEntry, listDatabases } from '../config/databases.ts'
import { listMovers } from '../config/movers.ts'
import type { Config } from '../config/shape.ts'
import type { DatabaseOptions } from '../database/live-database.ts'
import { findEmbeddedServer } from '../embedded/embedded-server.ts'
import { type MoverOptions, targetDatabase } from '../mover-plan.ts'
import { CliError } from './connect.ts'

/** Largest number of names that a message lists. */
const MAX_NAMES = 10

/**
 * Lists the databases that are given, or of them those with one of these names, in which `*` stands for any text. There is
 * none where the embedded server is meant.
 *
 * @throws ConfigError where a name is that of none.
 */
export function givenDatabases({ databases }: Config, only: readonly string[] = []): DatabaseEntry[] {
  const all = listDatabases(databases)
  if (only.length === 0) return all
  const names = all.length === 0 ? ['main'] : all.map(({ name }) => name)
  const patterns = only.map((text) => ({ text, pattern: new Pattern(text.split(/\*+/)) }))
  for (const { text, pattern } of patterns) {
    if (names.some((name) => pattern.matches(name))) continue
    const rest = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : ''
    const known = names.slice(0, MAX_NAMES).join(', ')
    throw new ConfigError(
      `--only ${JSON.stringify(text)}: no database has such a name; there are ${known}${rest}.`,
    )
  }
  return all.filter(({ name }) => patterns.some(({ pattern }) => pattern.matches(name)))
}

/**
 * Lists the databases that are given, else that of the embedded server, which must run.
 *
 * @throws CliError when it does not.
 */
export async function runningDatabases(config: Config, only?: readonly string[]): Promise<DatabaseEntry[]> {
  const given = givenDatabases(config, only)
  if (given.length > 0) return given
  const url = await findEmbeddedServer(config.dataDirectory)
  if (url !== null) return [embeddedDatabase(url)]
  throw new CliError(
    `No embedded server runs in ${config.dataDirectory}. Start one with "pgq-graphql serve", ` +
      'or name a database with --database-url or DATABASE_URL.',
  )
}

/** Returns the URL for what a command does in one session. */
export function directUrlOf({ url, directUrl }: DatabaseEntry): string {
  return directUrl ?? url
}

/** Lists the movers; where only some of the databases are served, those into one of them. */
export function givenMovers(
  { movers }: Config,
  only: readonly string[],
  isServed: (database: string) => boolean,
): MoverOptions[] {
  return listMovers(movers).filter((mover) => only.length === 0 || isServed(targetDatabase(mover)))
}

/** Makes the entry of the embedded server, as if it were given. */
export function embeddedDatabase(url: string): DatabaseEntry {
  return { name: 'main', url }
}

/** Makes the options of a database, as a gateway takes them. */
export function databaseOptions(config: Config, entry: DatabaseEntry): DatabaseOptions {
  return {
    name: entry.name,
    connectionString: entry.url,
    directConnectionString: entry.directUrl ?? undefined,
    ...settingsOf(config, entry),
  }
}

/** Makes what a database has of its own settings and those for all. */
export function settingsOf(
  { engine, ticker, connections }: Config,
  own: Partial<DatabaseEntry>,
): Omit<DatabaseOptions, 'name' | 'connectionString'> {
  return {
    engine: own.engine ?? engine,
    ticker: ticker.enabled && (own.ticker ?? true),
    required: own.required,
    maxConnectionsPerRole: connections.maxPerRole,
    statementTimeoutMs: connections.statementTimeoutMs,
  }
}
