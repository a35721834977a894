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
  /** A list is written with commas. Named URLs, `name=url`, are given by repeating the flag. */
  kind: 'text' | 'number' | 'boolean' | 'list' | 'namedUrls'
  description: string
}

export const databaseOptions: readonly Option[] = [
  {
    path: 'databases.main.url',
    flag: '--database-url <url>',
    variable: 'DATABASE_URL',
    kind: 'text',
    description: 'PostgreSQL to use as database main, postgresql://… (default: an embedded server)',
  },
  {
    path: 'databases',
    flag: '--database <name=url>',
    kind: 'namedUrls',
    description:
      'a further database, or as many as a range has: "shard_{01..16}=postgresql://h/s{01..16}"; repeat it',
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
    path: 'basePath',
    flag: '--base-path <path>',
    variable: 'PGQ_BASE_PATH',
    kind: 'text',
    description: `path under which everything is served, such as /queues/ (default: ${defaults.basePath})`,
  },
  {
    path: 'publicUrl',
    flag: '--public-url <url>',
    variable: 'PGQ_PUBLIC_URL',
    kind: 'text',
    description: 'URL of --base-path as clients see it behind a proxy; its host is allowed',
  },
  {
    path: 'allowedHosts',
    flag: '--allowed-hosts <names>',
    variable: 'PGQ_ALLOWED_HOSTS',
    kind: 'list',
    description: 'further names that clients may use for this server, such as pgq,*.example.com',
  },
  {
    path: 'cors.origins',
    flag: '--cors-origins <origins>',
    variable: 'PGQ_CORS_ORIGINS',
    kind: 'list',
    description: 'pages of other origins that may call, such as https://app.example, or * for all',
  },
  {
    path: 'tls.certFile',
    flag: '--tls-cert-file <path>',
    variable: 'PGQ_TLS_CERT_FILE',
    kind: 'text',
    description: 'certificate with its chain, for https (PEM); read again when it changes',
  },
  {
    path: 'tls.keyFile',
    flag: '--tls-key-file <path>',
    variable: 'PGQ_TLS_KEY_FILE',
    kind: 'text',
    description: 'its private key (PEM)',
  },
  {
    path: 'trustProxy',
    flag: '--trust-proxy',
    flagValue: true,
    variable: 'PGQ_TRUST_PROXY',
    kind: 'boolean',
    description: 'believe the X-Forwarded headers of whoever connects, who must be a proxy',
  },
  {
    path: 'connections.maxTotal',
    flag: '--max-connections <number>',
    variable: 'PGQ_MAX_CONNECTIONS',
    kind: 'number',
    description: 'connections to all databases together, at least 4 for each (default: 200, or 4 for each)',
  },
  {
    path: 'tracing.traceparentColumn',
    flag: '--traceparent-column <column>',
    variable: 'PGQ_TRACEPARENT_COLUMN',
    kind: 'text',
    description: 'keep the trace context of a publish in this column of its events: extra1 to extra4',
  },
  {
    path: 'metrics.port',
    flag: '--metrics-port <number>',
    variable: 'PGQ_METRICS_PORT',
    kind: 'number',
    description: 'serve /metrics on this port instead, to whoever reaches it',
  },
  {
    path: 'metrics.host',
    flag: '--metrics-host <address>',
    variable: 'PGQ_METRICS_HOST',
    kind: 'text',
    description: `address to listen on with --metrics-port (default: ${defaults.metrics.host})`,
  },
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
