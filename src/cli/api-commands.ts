import type { Command } from 'commander'
import { ConfigError } from '../config/config-error.ts'
import { databaseOptions } from '../config/options.ts'
import type { Api } from './api/api.ts'
import { openApi } from './api/open-api.ts'
import type { Action, AddApiCommand, AddCommand, ApiCall } from './command.ts'
import { addConsumerCommands } from './consumers/commands.ts'
import { addDeadLetterCommands } from './dead-letters/commands.ts'
import { addEventCommands } from './events/commands.ts'
import { listOf, textOf } from './flags.ts'

/** Adds the commands that do with the API what a program would, on a gateway elsewhere or on a database itself. */
export function addApiCommands(program: Command, addCommand: AddCommand): void {
  const add: AddApiCommand = (command, work) => {
    command
      .option('--url <url>', 'GraphQL endpoint of a gateway; without it, the database itself is worked on')
      .option('--token <token>', 'key or token for the gateway (env: PGQ_KEY)')
    addCommand(command, databaseOptions, withApi(work))
  }
  addConsumerCommands(program, add)
  addEventCommands(program, add)
  addDeadLetterCommands(program, add)
}

/** Makes an action that has the API of the gateway that is asked, and closes it at the end. */
function withApi(work: (api: Api, call: ApiCall) => Promise<void>): Action {
  return async (config, logger, given, args) => {
    const [database = 'main', ...others] = listOf(given.only)
    if (others.length > 0)
      throw new ConfigError('--only names more than one database; this command takes one.')
    logger.level = config.logLevel === 'info' ? 'warn' : config.logLevel
    const target = { url: textOf(given.url), token: textOf(given.token) ?? process.env.PGQ_KEY, database }
    await using api = await openApi(target, config, logger)
    await work(api, { database, given, args, logger })
  }
}
