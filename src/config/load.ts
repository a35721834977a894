import { dirname } from 'node:path'
import { z } from 'zod'
import { isLoopback } from '../loopback.ts'
import { ConnectionStringError } from '../postgres/connection-parameter.ts'
import { connectionTarget } from '../postgres/connection-target.ts'
import { asksWho } from './auth-shape.ts'
import { ConfigError } from './config-error.ts'
import { readConfigFile } from './config-file.ts'
import { defaults } from './defaults.ts'
import { withFullPaths } from './file-paths.ts'
import { allOptions, type Option } from './options.ts'
import { type Config, configShape } from './shape.ts'

export interface Sources {
  /** Values given on the command line, by the option's path. */
  flags: ReadonlyMap<string, string | boolean>
  environment: Readonly<Record<string, string | undefined>>
  /** Path of a JSON file that holds any part of the configuration. */
  file?: string | undefined
}

/** A value with its source, for messages. */
interface Setting {
  path: string
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
  const origins = new Map<string, Setting>()
  for (const setting of settings) {
    origins.set(setting.path, setting)
    put(merged, setting.path.split('.'), setting.value)
  }
  const result = configShape.safeParse(merged)
  if (!result.success) {
    throw new ConfigError(result.error.issues.flatMap((issue) => explain(issue, origins)).join('\n'))
  }
  refuseRemote(result.data, origins)
  checkPersistedDocuments(result.data, origins)
  checkDatabaseUrl(result.data, origins, sources.environment)
  return result.data
}

/** Refuses an address that other machines can reach, where nothing asks who they are. */
function refuseRemote(config: Config, origins: ReadonlyMap<string, Setting>): void {
  if (config.allowUnauthenticatedRemote || isLoopback(config.host) || asksWho(config.auth)) return
  throw new ConfigError(
    `${origins.get('host')?.source} ${config.host}: other machines could reach the API, and it does not ask who they ` +
      `are. Give it keys with --keys-file, or tokens with auth.jwt in a --config file; or use ${defaults.host}; or add ` +
      '--allow-unauthenticated-remote if the network is trusted.',
  )
}

/** Refuses to run listed documents alone where no list is given. */
function checkPersistedDocuments(
  { persistedDocuments: { file, only } }: Config,
  origins: ReadonlyMap<string, Setting>,
): void {
  if (!only || file !== null) return
  const path = 'persistedDocuments.only'
  throw new ConfigError(
    `${origins.get(path)?.source} key "${path}" true: no document could be run. Give persistedDocuments.file, too.`,
  )
}

/** Checks the URL with the variables that complete it. */
function checkDatabaseUrl(
  { databaseUrl }: Config,
  origins: ReadonlyMap<string, Setting>,
  environment: Sources['environment'],
): void {
  if (databaseUrl === null) return
  try {
    connectionTarget(databaseUrl, environment)
  } catch (error) {
    if (!(error instanceof ConnectionStringError)) throw error
    throw new ConfigError(`${origins.get('databaseUrl')?.source}: ${error.message}.`, { cause: error })
  }
}

function fromFile(file: string): Setting[] {
  return leaves(withFullPaths(readConfigFile(file), dirname(file)) as object, file)
}

function fromEnvironment(option: Option, environment: Sources['environment']): Setting[] {
  const text = option.variable === undefined ? undefined : environment[option.variable]
  if (text === undefined || text === '') return []
  return [{ path: option.path, value: read(option, text), source: `environment variable ${option.variable}` }]
}

function fromFlag(option: Option, flags: Sources['flags']): Setting[] {
  const value = flags.get(option.path)
  if (value === undefined) return []
  const source = option.flag.split(' ')[0] ?? option.flag
  return [{ path: option.path, value: typeof value === 'string' ? read(option, value) : value, source }]
}

/** Parses a text; returns it unchanged where it does not parse, for the shape to refuse. */
function read(option: Option, text: string): unknown {
  if (option.kind === 'number' && /^-?\d+(\.\d+)?$/.test(text)) return Number(text)
  if (option.kind === 'list') return text.split(',').map((member) => member.trim())
  if (option.kind === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

function leaves(tree: object, source: string, prefix = ''): Setting[] {
  return Object.entries(tree).flatMap(([key, value]) => {
    const path = `${prefix}${key}`
    const isSection = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isSection ? leaves(value, source, `${path}.`) : [{ path, value, source }]
  })
}

function put(tree: Record<string, unknown>, [key = '', ...rest]: string[], value: unknown): void {
  if (rest.length === 0) {
    tree[key] = value
    return
  }
  const below = tree[key]
  const section =
    typeof below === 'object' && below !== null ? (below as Record<string, unknown>) : emptySection()
  tree[key] = section
  put(section, rest, value)
}

/** Makes an object without a prototype, so that no key of a file, such as `__proto__`, has a special meaning. */
function emptySection(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>
}

function explain(issue: z.core.$ZodIssue, origins: ReadonlyMap<string, Setting>): string[] {
  const path = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const full = path === '' ? key : `${path}.${key}`
      const source = sourceOf(full, origins)
      return `${source}: unknown key "${full}". Known here: ${knownKeys(path).join(', ')}.`
    })
  }
  const setting = origins.get(path)
  const source = sourceOf(path, origins)
  const isNamed = source.startsWith('--') || source.startsWith('environment')
  const shown = path === 'databaseUrl' ? '' : ` ${JSON.stringify(setting?.value)}`
  return [`${source}${isNamed ? '' : ` key "${path}"`}${setting ? shown : ''}: ${issue.message}.`]
}

/** Returns the source of the value at the path, below it, or of the list that it is in. */
function sourceOf(path: string, origins: ReadonlyMap<string, Setting>): string {
  const all = [...origins.values()]
  const below = () => all.findLast((setting) => setting.path.startsWith(`${path}.`))
  const around = () => all.find((setting) => path.startsWith(`${setting.path}.`))
  return (origins.get(path) ?? below() ?? around())?.source ?? 'default'
}

function knownKeys(path: string): string[] {
  let section: unknown = configShape
  for (const key of path.split('.').filter(Boolean)) {
    section = section instanceof z.ZodArray ? section.element : (section as z.ZodObject).shape[key]
  }
  return Object.keys((section as z.ZodObject).shape)
}
