import { dirname } from 'node:path'
import { z } from 'zod'
import { countOf } from '../count-of.ts'
import { connectionsPerDatabase, maxConnections } from '../defaults.ts'
import { isLoopback } from '../loopback.ts'
import { asksWho } from './auth-shape.ts'
import { ConfigError } from './config-error.ts'
import { readConfigFile } from './config-file.ts'
import { type DatabaseMistake, findDatabaseMistakes, findNameMistakes, listDatabases } from './databases.ts'
import { defaults } from './defaults.ts'
import { withFullPaths } from './file-paths.ts'
import { findMoverMistakes } from './movers.ts'
import { allOptions, type Option } from './options.ts'
import { type Config, configShape } from './shape.ts'

/** A flag that is repeated has a list. */
export type FlagValue = string | boolean | readonly string[]

export interface Sources {
  /** Values given on the command line, by the option's path. */
  flags: ReadonlyMap<string, FlagValue>
  environment: Readonly<Record<string, string | undefined>>
  /** Path of a JSON file that holds any part of the configuration. */
  file?: string | undefined
}

/** A value with its source, for messages. */
interface Setting {
  path: readonly string[]
  value: unknown
  source: string
}

/**
 * Merges the sources: flags win over the environment, that over the file, that over the defaults. An empty variable
 * counts as not set.
 *
 * @throws ConfigError that names every bad value with its source and the remedy, all at once.
 */
export function loadConfig(sources: Sources): Config {
  const settings = [
    ...leaves(defaults, 'default'),
    ...(sources.file === undefined ? [] : fromFile(sources.file)),
    ...allOptions.flatMap((option) => fromEnvironment(option, sources.environment)),
    ...allOptions.flatMap((option) => fromFlag(option, sources.flags)),
  ]
  const merged = emptySection()
  const origins: Origins = new Map()
  for (const setting of settings) {
    origins.set(keyOf(setting.path), setting)
    put(merged, setting.path, setting.value)
  }
  refuseMistakes('databases', findNameMistakes(Object.keys(merged.databases ?? {})), origins)
  const result = configShape.safeParse(merged)
  if (!result.success) {
    throw new ConfigError(result.error.issues.flatMap((issue) => explain(issue, origins)).join('\n'))
  }
  refuseRemote(result.data, origins)
  checkPersistedDocuments(result.data, origins)
  refuseMistakes('databases', findDatabaseMistakes(result.data.databases, sources.environment), origins)
  checkConnections(result.data, origins)
  refuseMistakes('movers', findMoverMistakes(result.data.movers), origins)
  return result.data
}

/** The latest setting of each path, by `keyOf` the path. */
type Origins = Map<string, Setting>

/** No name in a path has this character. */
const SEPARATOR = '\0'

function keyOf(path: readonly PropertyKey[]): string {
  return path.map(String).join(SEPARATOR)
}

/** Refuses an address that other machines can reach, where nothing asks who they are. */
function refuseRemote(config: Config, origins: Origins): void {
  if (config.allowUnauthenticatedRemote || isLoopback(config.host) || asksWho(config.auth)) return
  throw new ConfigError(
    `${origins.get('host')?.source} ${config.host}: other machines could reach the API, and it does not ask who they ` +
      `are. Give it keys with --keys-file, or tokens with auth.jwt in a --config file; or use ${defaults.host}; or add ` +
      '--allow-unauthenticated-remote if the network is trusted.',
  )
}

/** Refuses to run listed documents alone where no list is given. */
function checkPersistedDocuments({ persistedDocuments: { file, only } }: Config, origins: Origins): void {
  if (!only || file !== null) return
  const path = 'persistedDocuments.only'
  throw new ConfigError(
    `${origins.get(keyOf(path.split('.')))?.source} key "${path}" true: no document could be run. Give persistedDocuments.file, too.`,
  )
}

/** Refuses fewer connections than the databases need. */
function checkConnections({ connections: { maxTotal }, databases }: Config, origins: Origins): void {
  const count = Math.max(1, listDatabases(databases).length)
  const needed = count * connectionsPerDatabase
  if (maxConnections(maxTotal, count) >= needed) return
  throw new ConfigError(
    `${placeOf(['connections', 'maxTotal'], origins)} ${maxTotal}: ${countOf(count, 'database')} ${count === 1 ? 'needs' : 'need'} ${needed} at least, ` +
      `${connectionsPerDatabase} for each. Raise it, or serve fewer databases.`,
  )
}

/** Refuses what cannot be in a section. Values are not shown: URLs have passwords. */
function refuseMistakes(section: string, mistakes: readonly DatabaseMistake[], origins: Origins): void {
  if (mistakes.length === 0) return
  const lines = mistakes.map(({ path, message }) => {
    const full = [section, ...path]
    return `${placeOf(full, origins)}: ${message}.`
  })
  throw new ConfigError(lines.join('\n'))
}

function fromFile(file: string): Setting[] {
  return leaves(withFullPaths(readConfigFile(file), dirname(file)) as object, file)
}

function fromEnvironment(option: Option, environment: Sources['environment']): Setting[] {
  const text = option.variable === undefined ? undefined : environment[option.variable]
  if (text === undefined || text === '') return []
  const source = `environment variable ${option.variable}`
  return [{ path: option.path.split('.'), value: read(option, text), source }]
}

function fromFlag(option: Option, flags: Sources['flags']): Setting[] {
  const value = flags.get(option.path)
  if (value === undefined) return []
  const source = option.flag.split(' ')[0] ?? option.flag
  const path = option.path.split('.')
  if (option.kind === 'namedUrls') return namedUrls([value].flat().map(String), path, source)
  return [{ path, value: typeof value === 'string' ? read(option, value) : value, source }]
}

/** Reads `name=url`, where a name may hold `=`, too: what follows the last one before `://` is the URL. */
function namedUrls(texts: readonly string[], path: readonly string[], flag: string): Setting[] {
  const names = new Set<string>()
  return texts.map((text) => {
    const length = text.split('://', 1)[0]?.lastIndexOf('=') ?? -1
    const name = text.slice(0, length)
    if (length < 0) throw new ConfigError(`${flag}: must be written as name=url.`)
    if (names.has(name)) throw new ConfigError(`${flag}: gives ${JSON.stringify(name)} twice.`)
    names.add(name)
    return { path: [...path, name, 'url'], value: text.slice(name.length + 1), source: flag }
  })
}

/** Parses a text; returns it unchanged where it does not parse, for the shape to refuse. */
function read(option: Option, text: string): unknown {
  if (option.kind === 'number' && /^-?\d+(\.\d+)?$/.test(text)) return Number(text)
  if (option.kind === 'list') return text.split(',').map((member) => member.trim())
  if (option.kind === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

/** The value of a section that has nothing in it: it is there, and changes nothing. */
const EMPTY = Symbol('empty section')

function leaves(tree: object, source: string, above: readonly string[] = []): Setting[] {
  return Object.entries(tree).flatMap(([key, value]) => {
    const path = [...above, key]
    const isSection = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (!isSection) return [{ path, value, source }]
    return Object.keys(value).length > 0 ? leaves(value, source, path) : [{ path, value: EMPTY, source }]
  })
}

function put(tree: Record<string, unknown>, [key = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0 && value !== EMPTY) {
    tree[key] = value
    return
  }
  const below = tree[key]
  const section =
    typeof below === 'object' && below !== null ? (below as Record<string, unknown>) : emptySection()
  tree[key] = section
  if (rest.length > 0) put(section, rest, value)
}

/** Makes an object without a prototype, so that no key of a file, such as `__proto__`, has a special meaning. */
function emptySection(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>
}

function explain(issue: z.core.$ZodIssue, origins: Origins): string[] {
  const path = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const full = [...path, key]
      const source = sourceOf(full, origins)
      const elsewhere = pathTo(key, configShape)
      const hint = elsewhere === null ? '' : ` Did you mean ${elsewhere}?`
      return `${source}: unknown key "${full.join('.')}".${hint} Known here: ${knownKeys(path).join(', ')}.`
    })
  }
  const setting = origins.get(keyOf(path))
  const isSecret = path[0] === 'databases' || path.includes('nats')
  const shown = setting && !isSecret ? ` ${JSON.stringify(setting.value)}` : ''
  return [`${placeOf(path, origins)}${shown}: ${issue.message}.`]
}

/** Names the source of a value, and the key where that is not the source itself. */
function placeOf(path: readonly string[], origins: Origins): string {
  const source = sourceOf(path, origins)
  const saysAll = source.startsWith('environment') || (source.startsWith('--') && source !== '--database')
  if (saysAll) return source
  // A name may be a URL by mistake, with a password.
  const shown = path.map((part) => (part.includes('://') ? '***' : part)).join('.')
  return `${source} key ${JSON.stringify(shown)}`
}

/** Returns the source of the value at the path, below it, or of the list that it is in. */
function sourceOf(path: readonly string[], origins: Origins): string {
  const key = keyOf(path)
  const all = [...origins]
  const below = () => all.findLast(([other]) => other.startsWith(`${key}${SEPARATOR}`))?.[1]
  const around = () => all.findLast(([other]) => key.startsWith(`${other}${SEPARATOR}`))?.[1]
  return (origins.get(key) ?? below() ?? around())?.source ?? 'default'
}

/** Finds where a key stands in a section, for who has written it in another one. */
function pathTo(key: string, section: z.ZodObject): string | null {
  for (const [name, shape] of Object.entries(section.shape)) {
    if (name === key) return name
    const below = shape instanceof z.ZodObject ? pathTo(key, shape) : null
    if (below !== null) return `${name}.${below}`
  }
  return null
}

function knownKeys(path: readonly string[]): string[] {
  let section: unknown = configShape
  for (const key of path) {
    if (section instanceof z.ZodArray) section = section.element
    else if (section instanceof z.ZodRecord) section = section.valueType
    else section = (section as z.ZodObject).shape[key]
  }
  return Object.keys((section as z.ZodObject).shape)
}
