/** Who answers `pgq.*`, on which PostgreSQL. */
export type EngineName = `${'sql' | 'extension'}-${PostgresVersion}`

/** The major version. */
export type PostgresVersion = number

/** Those that every run tests where it can; PGQ_TEST_POSTGRES may add others. */
export const standardEngines: readonly EngineName[] = ['sql-18', 'sql-15', 'extension-15']

export function engineChoice(engine: EngineName): 'sql' | 'extension' {
  return engine.startsWith('sql-') ? 'sql' : 'extension'
}

export function postgresOf(engine: EngineName): PostgresVersion {
  return Number(engine.slice(engine.indexOf('-') + 1))
}

export function templateName(engine: EngineName): string {
  return `template_${engine.replace('-', '_')}`
}

/** What the global setup tells each test file about an engine. */
export interface PreparedEngine {
  /** The database `postgres` of the server, as a superuser. */
  adminUrl: string
  /** Why the template could not be made; each use of the engine fails with it. */
  failure?: string
}

/** Those that this machine can test. */
export type PreparedEngines = Partial<Record<EngineName, PreparedEngine>>

declare module 'vitest' {
  interface ProvidedContext {
    /** One for each worker. */
    engines: PreparedEngines[]
  }
}
