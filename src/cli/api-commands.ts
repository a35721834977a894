import type { Command } from 'commander'
import { ConfigError } from '../config/config-error.ts'
import { databaseOptions } from '../config/options.ts'
import type { Api } from './api/api.ts'
import { openApi } from './api/open-api.ts'
import type { Action, AddCommand } from './command.ts'

interface Call {
  database: string
  given: Record<string, unknown>
  args: readonly string[]
}

/** Makes an action that has the API of the gateway that is asked, and closes it at the end. */
function withApi(work: (api: Api, call: Call) => Promise<void>): Action {
  return async (config, logger, given, args) => {
    const [database = 'main', ...others] = (given.only ?? []) as string[]
    if (others.length > 0)
      throw new ConfigError('--only names more than one database; this command takes one.')
    logger.level = config.logLevel === 'info' ? 'warn' : config.logLevel
    const target = { url: textOf(given.url), token: textOf(given.token) ?? process.env.PGQ_KEY, database }
    await using api = await openApi(target, config, logger)
    await work(api, { database, given, args })
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Adds the commands that do with the API what a program would, on a gateway elsewhere or on a database itself. */
export function addApiCommands(program: Command, addCommand: AddCommand): void {
  const add = (command: Command, work: (api: Api, call: Call) => Promise<void>) => {
    command
      .option('--url <url>', 'GraphQL endpoint of a gateway; without it, the database itself is worked on')
      .option('--token <token>', 'key or token for the gateway (env: PGQ_KEY)')
    addCommand(command, databaseOptions, withApi(work))
  }

  add(
    program.command('queues').description('list queues').option('--json', 'as JSON instead of a table'),
    async (api, { database, given }) => {
      const { list, queueListing } = await import('./listings.ts')
      console.log(await list(api, queueListing, { database }, given.json === true))
    },
  )
  add(
    program
      .command('consumers')
      .argument('[queue]', 'only those of this queue')
      .description('list consumers and how far behind they are')
      .option('--json', 'as JSON instead of a table'),
    async (api, { database, given, args: [queue = null] }) => {
      const { list, consumerListing } = await import('./listings.ts')
      console.log(await list(api, consumerListing, { database, queue }, given.json === true))
    },
  )
  add(
    program
      .command('tail')
      .argument('<queue>')
      .description('print events as they come, until Ctrl-C')
      .option('--type <type>', 'only events of this type; repeat it for several', collect)
      .option('--after <tick>', 'begin after this tick; without it, with what is still to come')
      .option('--json', 'a JSON object a line')
      .addHelpText('after', tailHelp),
    async (api, { database, given, args: [queue = ''] }) => {
      const { tail } = await import('./tail.ts')
      const types = (given.type ?? []) as string[]
      const options = { database, queue, types, after: textOf(given.after), json: given.json === true }
      await tail(api, options, console.log)
    },
  )
  add(
    program
      .command('publish')
      .argument('<queue>')
      .argument('[data]', 'data of one event; without it, each line of the input is JSON and the data of one')
      .description('publish an event, or the lines of the input')
      .option('--type <type>', 'type of the events')
      .addHelpText('after', publishHelp),
    async (api, { database, given, args: [queue = '', data] }) => {
      const { publish } = await import('./publish.ts')
      const tell = process.stderr.isTTY ? (line: string) => console.error(line) : null
      const options = { database, queue, type: textOf(given.type), data, input: process.stdin, tell }
      console.log(await publish(api, options))
    },
  )
  addDeadLetterCommands(
    program.command('dead-letters').description('list, requeue and delete dead letters'),
    add,
  )
}

function addDeadLetterCommands(
  deadLetters: Command,
  add: (command: Command, work: (api: Api, call: Call) => Promise<void>) => void,
): void {
  deadLetters.configureHelp({ showGlobalOptions: false }).exitOverride()
  add(
    deadLetters
      .command('list')
      .argument('[queue]', 'only those of this queue')
      .description('list dead letters, oldest first')
      .option('--consumer <consumer>', 'only those of this consumer')
      .option('--json', 'as JSON, with the data of the events'),
    async (api, { database, given, args: [queue = null] }) => {
      const { list, deadLetterListing } = await import('./listings.ts')
      const variables = { database, queue, consumer: given.consumer ?? null }
      console.log(await list(api, deadLetterListing, variables, given.json === true))
    },
  )
  const settle = (action: 'requeue' | 'delete', description: string) =>
    add(
      deadLetters
        .command(action)
        .argument('<queue>')
        .argument('[ids...]', 'these; without any, all of the queue, or of the consumer')
        .description(description)
        .option('--consumer <consumer>', 'only those of this consumer'),
      async (api, { database, given, args: [queue = '', ...ids] }) => {
        const { settleDeadLetters } = await import('./dead-letters.ts')
        const choice = { database, queue, consumer: textOf(given.consumer), ids }
        console.log(await settleDeadLetters(api, action, choice))
      },
    )
  settle('requeue', 'deliver dead letters to their consumers again')
  settle('delete', 'delete dead letters for good')
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value]
}

const tailHelp = `
A line has the time, the id, the type and the data of an event; control characters are shown as �. --json has all of an event as it is.

Examples:
  pgq-graphql tail orders --type created
  pgq-graphql tail orders --json --url https://pgq.example.com/graphql | jq .data`

const publishHelp = `
Prints the id of one event; else how many there were, and how many per second.

Examples:
  pgq-graphql publish orders --type created '{"id": 7}'
  jq -c '.[]' orders.json | pgq-graphql publish orders --type created`
