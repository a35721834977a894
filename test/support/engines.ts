/** Implementation of `pgq.*` and major version of PostgreSQL. */
export type EngineName = `${'sql' | 'extension'}-${PostgresVersion}`

/** Major version of PostgreSQL. */
export type PostgresVersion = number

/** Engines that every run tests where installed; PGQ_TEST_POSTGRES may add others. */
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

/** An engine that the global setup has made ready for test files. */
export interface PreparedEngine {
  /** Connects to the server's database `postgres` as a superuser. */
  adminUrl: string
  /** Reason why the template could not be made; each use of the engine fails with it. */
  failure?: string
}

/** Engines that this machine can test. */
export type PreparedEngines = Partial<Record<EngineName, PreparedEngine>>

declare module 'vitest' {
  interface ProvidedContext {
    /** One entry for each worker. */
    engines: PreparedEngines[]
  }
}
