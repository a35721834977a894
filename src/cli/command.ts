import type { Command } from 'commander'
import type { Logger } from 'pino'
import type { Option } from '../config/options.ts'
import type { Config } from '../config/shape.ts'
import type { Api } from './api/api.ts'
import type { Flags } from './flags.ts'

/** What a command does, with the settings, its own flags and its arguments. */
export type Action = (
  config: Config,
  logger: Logger,
  given: Record<string, unknown>,
  args: readonly string[],
  load: () => Config,
) => Promise<void>

export type AddCommand = (command: Command, options: readonly Option[], action: Action) => void

/** How a command was called that works with the API of a gateway. */
export interface ApiCall {
  /** Name of the database. */
  database: string
  given: Flags
  args: readonly string[]
  logger: Logger
}

/** Adds a command that works with the API, of a gateway elsewhere or on a database itself. */
export type AddApiCommand = (command: Command, work: (api: Api, call: ApiCall) => Promise<void>) => void
