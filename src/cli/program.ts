import { readFileSync } from 'node:fs'
import { Argument, Command, Option as CommanderOption } from 'commander'
import { defaults } from '../config/defaults.ts'
import {
  databaseOptions,
  engineOption,
  keysFileOption,
  type Option,
  serveOptions,
} from '../config/options.ts'
import { printableConfig } from '../config/print.ts'
import { addApiCommands } from './api-commands.ts'
import type { Action } from './command.ts'
import { configOf } from './command-config.ts'
import { type Shell, shells } from './completion/shells.ts'
import { collect } from './flags.ts'
import {
  completionHelp,
  doctorHelp,
  grantHelp,
  installHelp,
  keyHelp,
  programHelp,
  reloadHelp,
  serveHelp,
  statusHelp,
  tickerHelp,
  uninstallHelp,
} from './help-texts.ts'
import { createLogger } from './logger.ts'

/** Defines the command line. A command's code is loaded when it runs, so `--help` does not wait for a web server. */
export function createProgram(): Command {
  const program = new Command('pgq-graphql')
    .description('A GraphQL API with realtime subscriptions for PgQ, the batched queue inside PostgreSQL.')
    .version(version(), '-v, --version')
    .configureHelp({ showGlobalOptions: false })
    .addHelpText('after', programHelp)
    .exitOverride()
    .showHelpAfterError('Run with --help for usage.')

  addCommand(
    program
      .command('serve')
      .description('serve the API, with a ticker, from the given database or an embedded one')
      .addHelpText('after', serveHelp),
    [...serveOptions, ...databaseOptions, engineOption],
    async (config, logger, given, _args, load) =>
      (await import('./serve.ts')).serve(config, logger, {
        load,
        only: onlyOf(given),
        isFile: typeof given.config === 'string',
      }),
  )
  addCommand(
    program
      .command('install')
      .description('put PgQ in place in a database, or bring it up to date; safe to repeat')
      .option('--dry-run', 'print what would be created, migrated, replaced and dropped, and change nothing')
      .option('--repair', 'repair, too, what a dump leaves wrong that was restored into another server')
      .addHelpText('after', installHelp),
    [...databaseOptions, engineOption],
    async (config, logger, given) =>
      (await import('./install.ts')).install(config, logger, {
        only: onlyOf(given),
        dryRun: given.dryRun === true,
        repair: given.repair === true,
      }),
  )
  addCommand(
    program
      .command('uninstall')
      .description('drop what "install" has put into a database, and nothing else; says first what that is')
      .option('--yes', 'do it; without it, only print what would be dropped and kept')
      .option('--dry-run', 'only print, even with --yes')
      .option('--with-engine', "drop this project's PgQ, too, with all queues and events; never an extension")
      .option('--force', 'do it while gateways serve the database')
      .addHelpText('after', uninstallHelp),
    databaseOptions,
    async (config, _logger, given) =>
      (await import('./uninstall.ts')).uninstall(config, {
        only: onlyOf(given),
        yes: given.yes === true,
        dryRun: given.dryRun === true,
        withEngine: given.withEngine === true,
        force: given.force === true,
      }),
  )
  addCommand(
    program
      .command('ticker')
      .description('tick alone, beside "serve --no-ticker" or as a standby')
      .addHelpText('after', tickerHelp),
    [...databaseOptions, engineOption],
    async (config, logger, given) => (await import('./ticker.ts')).tick(config, logger, onlyOf(given)),
  )
  addCommand(
    program
      .command('status')
      .description('show what is wrong, who ticks, queues and consumers; changes nothing')
      .option('--json', 'as JSON instead of tables')
      .addHelpText('after', statusHelp),
    databaseOptions,
    async (config, logger, given) =>
      (await import('./status.ts')).status(config, logger, {
        json: given.json === true,
        only: onlyOf(given),
      }),
  )
  addCommand(
    program
      .command('doctor')
      .description('look for what is wrong, and print the SQL or command that mends it; changes nothing')
      .option('--json', 'as JSON instead of text')
      .addHelpText('after', doctorHelp),
    databaseOptions,
    async (config, logger, given) => {
      const { doctor } = await import('./doctor.ts')
      process.exitCode = await doctor(config, logger, { json: given.json === true, only: onlyOf(given) })
    },
  )
  program
    .command('reload')
    .description('have a running "serve --config" read its file again; what has not changed there goes on')
    .option(
      '--url <url>',
      'GraphQL endpoint of the server',
      `http://${defaults.host}:${defaults.port}/graphql`,
    )
    .addHelpText('after', reloadHelp)
    .allowExcessArguments(false)
    .exitOverride()
    .action(async ({ url }: { url: string }) =>
      (await import('./reload.ts')).reload(url, process.env.PGQ_KEY),
    )
  addApiCommands(program, addCommand)
  addKeyCommands(program.command('key').description('make, list and revoke API keys'))
  addCompletion(program)
  return program
}

function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print what has a shell complete commands, flags, and names of queues and consumers')
    .addArgument(new Argument('<shell>').choices(shells))
    .addHelpText('after', completionHelp)
    .exitOverride()
    .action(async (shell: Shell) => {
      const { completionScript } = await import('./completion/scripts.ts')
      console.log(completionScript(shell, program))
    })
  program
    .command('__complete [words...]', { hidden: true })
    .helpOption(false)
    .allowUnknownOption()
    .action(async (words: string[]) => {
      const { completionLines } = await import('./completion/completion.ts')
      for (const line of await completionLines(program, words)) console.log(line)
      // A database that does not answer is not waited for.
      process.exit()
    })
}

function addKeyCommands(key: Command): void {
  key.configureHelp({ showGlobalOptions: false }).exitOverride().addHelpText('after', keyHelp)
  addCommand(
    key
      .command('create')
      .description('make a key, write its hash to the keys file, and print its secret once, alone on stdout')
      .requiredOption('--name <name>', 'name of the key in logs and limits')
      .requiredOption('--grant <grant>', 'what it may do; repeat it for several', collect)
      .option('--expires <time>', 'when it ends: a time such as 90d, 12h or 30min from now, or never', '90d')
      .addHelpText('after', grantHelp),
    [keysFileOption],
    async (config, _logger, given) =>
      (await import('./key.ts')).createKey(config, {
        name: String(given.name),
        grants: given.grant as string[],
        expires: String(given.expires),
      }),
  )
  addCommand(
    key
      .command('list')
      .description('show names, grants and ends of all keys, and none of their secrets')
      .addHelpText('after', keyHelp),
    [keysFileOption],
    async (config) => (await import('./key.ts')).listKeys(config),
  )
  addCommand(
    key
      .command('revoke')
      .argument('<name>', 'name of the key')
      .description('delete a key; gateways refuse it within two seconds, and end its streams')
      .addHelpText('after', keyHelp),
    [keysFileOption],
    async (config, _logger, _given, [name = '']) => (await import('./key.ts')).revokeKey(config, name),
  )
}

/** Returns the names of `--only`; none for all databases. */
function onlyOf({ only = [] }: Record<string, unknown>): readonly string[] {
  return only as string[]
}

function addCommand(command: Command, options: readonly Option[], action: Action): void {
  for (const option of options) {
    const variable = option.variable === undefined ? '' : ` (env: ${option.variable})`
    const flag = new CommanderOption(option.flag, `${option.description}${variable}`)
    command.addOption(option.kind === 'namedUrls' ? flag.argParser(collect) : flag)
  }
  if (databaseOptions.every((option) => options.includes(option)))
    command.option(
      '--only <name>',
      'only this database, or those of "shard_*"; repeat it for several',
      collect,
    )
  command
    .option('--config <file>', 'JSON file with any of the settings that --print-config shows')
    .option('--print-config', 'print the settings that result, secrets hidden, and end')
    .allowExcessArguments(false)
    .exitOverride()
    .action(async () => {
      const given = command.opts<Record<string, unknown>>()
      const load = () => configOf(command)
      const config = load()
      if (given.printConfig === true) console.log(printableConfig(config))
      else await action(config, await createLogger(config.logLevel), given, command.args, load)
    })
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
