import type { Command } from 'commander'
import type { Logger } from 'pino'
import type { Option } from '../config/options.ts'
import type { Config } from '../config/shape.ts'

/** What a command does, with the settings, its own flags and its arguments. */
export type Action = (
  config: Config,
  logger: Logger,
  given: Record<string, unknown>,
  args: readonly string[],
  load: () => Config,
) => Promise<void>

export type AddCommand = (command: Command, options: readonly Option[], action: Action) => void
