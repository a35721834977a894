import { z } from 'zod'
import { problemOfDatabaseName } from '../database-name.ts'
import { ConnectionStringError } from '../postgres/connection-parameter.ts'
import { connectionTarget } from '../postgres/connection-target.ts'
import { countRanges, fillRanges, listNumbers, RangeMistake, rangesIn } from './ranges.ts'

/** Largest number of databases in one configuration. */
const MAX_DATABASES = 4_096

const boolean = z.boolean('must be true or false')

export const engines = z.enum(['auto', 'sql', 'extension'], 'must be one of auto, sql, extension')

const databaseShape = z.strictObject({
  /** A libpq URL; what it leaves out comes from libpq's variables. */
  url: z.string('must be a postgresql:// URL'),
  /** A URL past a pooler that shares sessions, for LISTEN, the sign of life and the ticker. Default: `url`. */
  directUrl: z.string('must be a postgresql:// URL').nullish(),
  /** Which PgQ to install where none is found. Default: `engine` of the configuration. */
  engine: engines.optional(),
  /** Whether `serve` ticks it, unless `ticker.enabled` says that none is. Default true. */
  ticker: boolean.optional(),
  /** Whether the gateway is ready only with it. Default: true for `main`, false for others. */
  required: boolean.optional(),
})

/** Databases by the name that the API has for them; a range, such as `shard_{001..256}`, is in its URL, too. */
export const databasesShape = z.record(z.string(), databaseShape, 'must be an object of databases by name')

export type DatabasesConfig = z.infer<typeof databasesShape>

/** A database of a configuration, with a name of its own. */
export interface DatabaseEntry extends z.infer<typeof databaseShape> {
  name: string
}

/** Something wrong with a database of a configuration. */
export interface DatabaseMistake {
  /** Keys that lead to it, below `databases`. */
  path: string[]
  message: string
}

/** Lists the databases, one for each number of a range. The configuration has no mistakes. */
export function listDatabases(databases: DatabasesConfig): DatabaseEntry[] {
  return Object.entries(databases).flatMap(([name, settings]) =>
    listNumbers(name).map((numbers) => ({
      ...settings,
      name: fillRanges(name, numbers),
      url: fillRanges(settings.url, numbers),
      ...(settings.directUrl && { directUrl: fillRanges(settings.directUrl, numbers) }),
    })),
  )
}

/** Lists the URLs of a database with their keys. */
function urlsOf({ url, directUrl }: DatabasesConfig[string]): [key: string, url: string][] {
  return [['url', url], ...(directUrl ? [['directUrl', directUrl] as [string, string]] : [])]
}

/** Finds what is wrong with names, before anything else is looked at. */
export function findNameMistakes(names: readonly string[]): DatabaseMistake[] {
  return names.flatMap((name) => {
    const message = problemOfDatabaseName(name)
    return message === null ? [] : [{ path: [name], message }]
  })
}

/**
 * Finds what is wrong with ranges and URLs.
 *
 * @param environment Variables that complete the URLs.
 */
export function findDatabaseMistakes(
  databases: DatabasesConfig,
  environment: Readonly<Record<string, string | undefined>>,
): DatabaseMistake[] {
  const ranges = findRangeMistakes(databases)
  if (ranges.length > 0) return ranges
  const seen = new Map<string, string>()
  return Object.entries(databases).flatMap(([written, settings]) => {
    const all = listNumbers(written)
    const names = all.map((numbers) => fillRanges(written, numbers))
    const twice = names.find((name) => seen.has(name))
    for (const name of names) seen.set(name, written)
    const problems = [
      twice === undefined ? null : `makes the name ${JSON.stringify(twice)}, which another one has`,
      problemOfDatabaseName(names.at(-1) ?? ''),
    ]
    return [
      ...problems.flatMap((message) => (message === null ? [] : [{ path: [written], message }])),
      ...urlsOf(settings).flatMap(([key, url]) => {
        const message = firstProblem(all, (numbers) => problemOfUrl(fillRanges(url, numbers), environment))
        return message === null ? [] : [{ path: [written, key], message }]
      }),
    ]
  })
}

function findRangeMistakes(databases: DatabasesConfig): DatabaseMistake[] {
  let total = 0
  return Object.entries(databases).flatMap(([name, settings]): DatabaseMistake[] => {
    try {
      total += countRanges(name)
      if (total <= MAX_DATABASES) return urlsOf(settings).flatMap(([key, url]) => findUnlike(name, key, url))
      const counts = [total, MAX_DATABASES].map((count) => count.toLocaleString('en'))
      return [
        { path: [name], message: `makes ${counts[0]} databases in all; at most ${counts[1]} are served` },
      ]
    } catch (error) {
      if (!(error instanceof RangeMistake)) throw error
      return [{ path: [name], message: error.message }]
    }
  })
}

/** Each range of the name must be in the URL, and no other one. */
function findUnlike(name: string, key: string, url: string): DatabaseMistake[] {
  const [ours, theirs] = [rangesIn(name), rangesIn(url)]
  const isEqual = ours.every((range) => theirs.includes(range)) && theirs.length === ours.length
  if (isEqual) return []
  const message =
    ours.length === 0
      ? 'has a range, which must be in the name, too'
      : `must have the ${ours.length === 1 ? 'range' : 'ranges'} ${ours.join(', ')} of the name, and no other`
  return [{ path: [name, key], message }]
}

function firstProblem<Item>(items: readonly Item[], problemOf: (item: Item) => string | null): string | null {
  for (const item of items) {
    const problem = problemOf(item)
    if (problem !== null) return problem
  }
  return null
}

function problemOfUrl(url: string, environment: Readonly<Record<string, string | undefined>>): string | null {
  try {
    connectionTarget(url, environment)
    return null
  } catch (error) {
    if (error instanceof ConnectionStringError) return error.message
    throw error
  }
}
