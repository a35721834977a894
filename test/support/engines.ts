/** A PostgreSQL version and who answers `pgq.*` on it. */
export type EngineName = 'sql-18' | 'sql-15' | 'extension-15'

export type PostgresVersion = 18 | 15

export const engines = {
  'sql-18': { postgres: 18, choice: 'sql' },
  'sql-15': { postgres: 15, choice: 'sql' },
  'extension-15': { postgres: 15, choice: 'extension' },
} as const satisfies Record<EngineName, { postgres: PostgresVersion; choice: 'sql' | 'extension' }>

export const engineNames = Object.keys(engines) as EngineName[]

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

declare module 'vitest' {
  interface ProvidedContext {
    /** One for each worker. */
    engines: Partial<Record<EngineName, PreparedEngine>>[]
  }
}
