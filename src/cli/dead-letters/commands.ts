import type { Command } from 'commander'
import { ConfigError } from '../../config/config-error.ts'
import type { AddApiCommand } from '../command.ts'
import { collect, textOf } from '../flags.ts'
import { interruption } from '../interruption.ts'
import { progressOnTerminal } from '../progress.ts'

/** Adds `dead-letters` with its commands. */
export function addDeadLetterCommands(program: Command, add: AddApiCommand): void {
  const deadLetters = program
    .command('dead-letters')
    .description('list, group, requeue and delete dead letters')
    .configureHelp({ showGlobalOptions: false })
    .exitOverride()
    .addHelpText('after', examples)
  addListing(deadLetters, add)
  addGroups(deadLetters, add)
  addAction(deadLetters, add, 'requeue', 'deliver dead letters to their consumers again')
  addAction(deadLetters, add, 'delete', 'delete dead letters for good')
}

/** Adds the flags that `filterOf` reads, and that of the consumer. */
function withConditions(command: Command): Command {
  return command
    .option('--consumer <consumer>', 'only those of this consumer')
    .option('--type <type>', 'only events of this type; repeat it for several', collect)
    .option('--reason <reason>', 'only those that failed for this reason, as "dead-letters groups" has it')
    .option('--grep <text>', 'only those whose reason has this text, in the same case')
    .option('--since <time>', 'only those that failed since then: 2h for two hours ago, or a moment')
    .option('--until <time>', 'only those that failed until then')
}

function addListing(deadLetters: Command, add: AddApiCommand): void {
  add(
    withConditions(
      deadLetters
        .command('list')
        .argument('[queue]', 'only those of this queue')
        .description('list dead letters, oldest first')
        .option('--json', 'as JSON, with the data of the events'),
    ).addHelpText('after', examples),
    async (api, { database, given, args: [queue = null] }) => {
      const [{ list, deadLetterListing }, { filterOf }] = await Promise.all([
        import('../listings.ts'),
        import('./filter.ts'),
      ])
      const variables = { database, queue, consumer: textOf(given.consumer) ?? null, filter: filterOf(given) }
      console.log(await list(api, deadLetterListing, variables, given.json === true))
    },
  )
}

function addGroups(deadLetters: Command, add: AddApiCommand): void {
  add(
    withConditions(
      deadLetters
        .command('groups')
        .argument('[queue]', 'only those of this queue')
        .description('count dead letters by queue, consumer, type and reason, the most first')
        .option('--json', 'as JSON'),
    ).addHelpText('after', examples),
    async (api, { database, given, args: [queue = null] }) => {
      const [{ deadLetterGroups }, { filterOf }] = await Promise.all([
        import('./groups.ts'),
        import('./filter.ts'),
      ])
      const variables = { database, queue, consumer: textOf(given.consumer) ?? null, filter: filterOf(given) }
      console.log(await deadLetterGroups(api, variables, given.json === true))
    },
  )
}

function addAction(
  deadLetters: Command,
  add: AddApiCommand,
  action: 'requeue' | 'delete',
  description: string,
): void {
  add(
    withConditions(
      deadLetters
        .command(action)
        .argument('<queue>')
        .argument('[ids...]', 'these; without any, all of the queue that meet the conditions')
        .description(description)
        .option('--dry-run', 'only say how many there are'),
    ).addHelpText('after', examples),
    async (api, { database, given, args: [queue = '', ...ids] }) => {
      const [{ countAll, settleAll, settleSome }, { filterOf }] = await Promise.all([
        import('./settle.ts'),
        import('./filter.ts'),
      ])
      const filter = filterOf(given)
      const consumer = textOf(given.consumer)
      if (ids.length > 0) {
        if (filter !== null || consumer !== undefined || given.dryRun === true)
          throw new ConfigError('Give ids, or conditions and --dry-run, but not both.')
        console.log(await settleSome(api, action, { database, queue, deadLetterIds: ids }))
        return
      }
      const letters = { database, queue, consumer, filter }
      const work = { tell: progressOnTerminal(), interrupted: interruption() }
      console.log(
        given.dryRun === true
          ? await countAll(api, action, letters)
          : await settleAll(api, action, letters, work),
      )
    },
  )
}

const examples = `
Without ids, a job of the gateway requeues or deletes all that meet the conditions, however many there are; Ctrl-C cancels it, and what
was done stays done.

Examples:
  pgq-graphql dead-letters groups orders
  pgq-graphql dead-letters list orders --consumer billing --since 2h
  pgq-graphql dead-letters requeue orders --reason 'HTTP # from the bank' --dry-run
  pgq-graphql dead-letters requeue orders --consumer billing
  pgq-graphql dead-letters delete orders 17 18`
