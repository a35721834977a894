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
import { createLogger } from './logger.ts'

/** Defines the command line. A command's code is loaded when it runs, so `--help` does not wait for a web server. */
export function createProgram(): Command {
  const program = new Command('pgq-graphql')
    .description('A GraphQL API with realtime subscriptions for PgQ, the batched queue inside PostgreSQL.')
    .version(version(), '-v, --version')
    .configureHelp({ showGlobalOptions: false })
    .addHelpText('after', examples)
    .exitOverride()
    .showHelpAfterError('Run with --help for usage.')

  addCommand(
    program
      .command('serve')
      .description('serve the API, with a ticker, from the given database or an embedded one')
      .addHelpText('after', serveExamples),
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
      .addHelpText('after', repairHelp),
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
    program.command('ticker').description('tick alone, beside "serve --no-ticker" or as a standby'),
    [...databaseOptions, engineOption],
    async (config, logger, given) => (await import('./ticker.ts')).tick(config, logger, onlyOf(given)),
  )
  addCommand(
    program
      .command('status')
      .description('show what is wrong, who ticks, queues and consumers; changes nothing')
      .option('--json', 'as JSON instead of tables'),
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
  key.configureHelp({ showGlobalOptions: false }).exitOverride().addHelpText('after', keyExamples)
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
    key.command('list').description('show names, grants and ends of all keys, and none of their secrets'),
    [keysFileOption],
    async (config) => (await import('./key.ts')).listKeys(config),
  )
  addCommand(
    key
      .command('revoke')
      .argument('<name>', 'name of the key')
      .description('delete a key; gateways refuse it within two seconds, and end its streams'),
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

const examples = `
Examples:
  pgq-graphql serve                                   everything, with an embedded PostgreSQL
  pgq-graphql serve --database-url postgresql://…     on a database of yours
  pgq-graphql install --database-url postgresql://…   only put PgQ in place; --dry-run shows the plan
  pgq-graphql uninstall --database-url postgresql://… what it would drop; --yes does it
  pgq-graphql status                                  what is wrong, then queues and consumers as tables
  pgq-graphql doctor                                  what is wrong, and what mends it
  pgq-graphql top                                     queues and consumers live; also queues, consumers, move-consumer
  pgq-graphql tail orders                             events as they come; also events, event, publish, dead-letters
  pgq-graphql reload                                  read the --config file of a running "serve" again
  pgq-graphql key create --help                       API keys

Settings come from flags, else the environment, else --config file.json, else defaults.
"pgq-graphql <command> --help" lists them; "--print-config" shows the result.

Exit codes: 0 done, 1 failed, 2 wrong use; 130 or 143 when a second signal cut it short.`

const serveExamples = `
Examples:
  pgq-graphql serve --port 4100 --data-dir /var/lib/pgq-graphql
  DATABASE_URL=postgresql://app@db/app pgq-graphql serve --no-ticker
  pgq-graphql serve --config gateway.json --print-config

  pgq-graphql serve --host 0.0.0.0 --keys-file keys.json

Only this machine can reach the API unless --host says otherwise. Then the gateway must know who asks: by keys (--keys-file), or
tokens ("auth": {"jwt": […]} in the --config file); or be told that the network is trusted
(--allow-unauthenticated-remote). Ctrl-C once ends in order, twice at once.`

const doctorHelp = `
Each finding says what is wrong, why that matters, and what mends it; docs/diagnosis.md has the list. It looks at ticks, queues,
consumers, transactions, notices, limits and settings of the server, clocks, schemas and rights. Logins need pgq_admin.

Exit codes: 0 nothing is wrong, or remarks alone; 1 warnings; 2 errors.

Examples:
  pgq-graphql doctor --database-url postgresql://…
  pgq-graphql doctor --json | jq -r '.databases[].findings[] | .severity + " " + .what'`

const completionHelp = `
Names of queues and consumers are those of the database or gateway that the line so far names, where that answers at once.

Examples:
  source <(pgq-graphql completion bash)                                             in ~/.bashrc
  source <(pgq-graphql completion zsh)                                              in ~/.zshrc, after compinit
  pgq-graphql completion fish > ~/.config/fish/completions/pgq-graphql.fish`

const reloadHelp = `
Databases that are new in the file are added, those that differ connect anew, and those that are gone are served no more: their streams
end with NOT_FOUND. Nothing else is touched. A file with a mistake changes nothing, and the mistake is shown. Where the server knows its
callers, the variable PGQ_KEY has the secret of a key with the grant admin. On the machine itself SIGHUP does the same.`

const repairHelp = `
Repair: PgQ tells by transaction ids which events a tick covers. Restored into a server that has counted less far, such as
a new one, a dump has ids that are ahead of the server's: nothing is ticked, and "serve" is not ready and says so. --repair
gives ticks and events ids of this server, in the same order, and raises sequences that a dump of the extension
pgq leaves out. It needs the rights of the owner of schema pgq. It runs in one transaction, while producers, consumers
and tickers wait for it; they may all stay connected. With nothing to repair it says so and changes nothing.

Every event that a consumer has not finished comes, once, in the batch that it belongs to; what was published since the restore
comes with the next tick. These may come again, to those who finished them: where the server had already counted further
than the lowest ids in the dump, retried events with such ids, and events inserted in the instant of the last tick.`

const uninstallHelp = `
Dropped are schema pgq_gateway, with dead letters and event types, and the trigger on pgq.tick. PgQ stays, with queues and
consumers, and works on in SQL; so does pgq_coop. With --with-engine those schemas go, too, that "install" has made: pgq
with every queue, pgq_coop and pgq_ext. Roles stay, because other databases of the server may use them.

Objects of yours that depend on what would be dropped, such as views, and triggers of your tables, are named, and then nothing
is dropped; so are tables and functions of yours in these schemas. What you have put on PgQ's own tables goes with them, and is named:
triggers, rules, policies, statistics, publications.
"install" puts everything back in place, but not what was in it.

Examples:
  pgq-graphql uninstall --database-url postgresql://…         what would go, and what would stay
  pgq-graphql uninstall --database-url postgresql://… --yes   drop it`

const keyExamples = `
Examples:
  pgq-graphql key create --keys-file keys.json --name billing --grant publish:main/orders --expires 90d
  pgq-graphql key list --keys-file keys.json
  pgq-graphql key revoke --keys-file keys.json billing

The keys file is that of "serve --keys-file". It holds hashes alone; gateways read it again within a second of a change.`

const grantHelp = `
A grant is VERB[:DATABASE[/QUEUE[/CONSUMER]]]. * stands for any run of characters, what is left out for everything; other characters
may be percent-encoded. VERB is one of
  stats    names, configuration and statistics; no events
  read     stats, and events: tail, ticks, dead letters, batches as others have them open
  publish  insert events
  consume  register as that consumer or a member of it, open, settle, its own dead letters
  manage   configure the queue, event types, dead letters, consumers of others, tick
  admin    everything

Examples:
  pgq-graphql key create --keys-file keys.json --name billing --grant consume:main/orders/billing --grant publish:main/invoices
  pgq-graphql key create --keys-file keys.json --name grafana --grant stats --expires never
  KEY=$(pgq-graphql key create --keys-file keys.json --name ci --grant 'publish:main/ci_*' --expires 12h)`
