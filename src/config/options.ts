import { defaults } from './defaults.ts'

/** A setting that has its own flag or variable; a file can give every setting. */
export interface Option {
  /** Keys of the configuration that lead to it, joined by dots. */
  path: string
  /** Flag in commander's syntax. */
  flag: string
  /** Value that a flag without an argument stands for. */
  flagValue?: boolean
  variable?: string
  kind: 'text' | 'number' | 'boolean'
  description: string
}

export const databaseOptions: readonly Option[] = [
  {
    path: 'databaseUrl',
    flag: '--database-url <url>',
    variable: 'DATABASE_URL',
    kind: 'text',
    description: 'PostgreSQL to use, postgresql://… (default: an embedded server)',
  },
  {
    path: 'dataDirectory',
    flag: '--data-dir <path>',
    variable: 'PGQ_DATA_DIR',
    kind: 'text',
    description: `directory of the embedded server (default: ${defaults.dataDirectory}/)`,
  },
  {
    path: 'logLevel',
    flag: '--log-level <level>',
    variable: 'LOG_LEVEL',
    kind: 'text',
    description: `fatal, error, warn, info, debug, trace or silent (default: ${defaults.logLevel})`,
  },
]

export const engineOption: Option = {
  path: 'engine',
  flag: '--engine <engine>',
  variable: 'PGQ_ENGINE',
  kind: 'text',
  description: `PgQ to install where there is none: auto, sql or extension (default: ${defaults.engine})`,
}

export const keysFileOption: Option = {
  path: 'auth.keysFile',
  flag: '--keys-file <path>',
  variable: 'PGQ_KEYS_FILE',
  kind: 'text',
  description: 'file with API keys, made by "pgq-graphql key create"',
}

export const serveOptions: readonly Option[] = [
  {
    path: 'host',
    flag: '--host <address>',
    variable: 'HOST',
    kind: 'text',
    description: `address to listen on (default: ${defaults.host})`,
  },
  {
    path: 'port',
    flag: '--port <number>',
    variable: 'PORT',
    kind: 'number',
    description: `port to listen on, 0 for any (default: ${defaults.port})`,
  },
  {
    path: 'allowUnauthenticatedRemote',
    flag: '--allow-unauthenticated-remote',
    flagValue: true,
    kind: 'boolean',
    description: 'let --host be more than loopback: whoever reaches the port may do everything',
  },
  keysFileOption,
  {
    path: 'ticker.enabled',
    flag: '--no-ticker',
    flagValue: false,
    kind: 'boolean',
    description: 'do not tick here: pgqd or "pgq-graphql ticker" does',
  },
]

/** Every setting with a variable, whichever command it belongs to. */
export const allOptions: readonly Option[] = [...serveOptions, ...databaseOptions, engineOption]
