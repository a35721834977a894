import type pg from 'pg'

/** `auto`: PgQ that is there, else the extension where the server offers it, else our SQL. */
export type EngineChoice = 'auto' | 'sql' | 'extension'

/** What is known of the PgQ in a database. */
export interface EngineFacts {
  /** Who answers `pgq.*`: the upstream extension or this project's SQL. */
  engine: 'EXTENSION' | 'SQL'
  pgqVersion: string
  pgqCoopVersion: string
  postgresVersion: string
  /** False where the rights for the trigger on `pgq.tick` are missing: ticks are then found by polling. */
  hasTickTrigger: boolean
}

export interface InstallReport {
  facts: EngineFacts
  /** What was changed, a sentence each; empty when all was there. */
  actions: string[]
  warnings: string[]
}

/** Puts in place what is missing, in one transaction, and reports what is there. */
export async function installEngine(_client: pg.Client, _options: { engine: EngineChoice }): Promise<InstallReport> {
  throw new Error('to be written')
}
