import type { Command } from 'commander'
import type { AddApiCommand } from '../command.ts'
import { interruption } from '../interruption.ts'

/** Adds the commands about queues and their consumers. */
export function addConsumerCommands(program: Command, add: AddApiCommand): void {
  add(
    program
      .command('top')
      .description('show queues and consumers live, the worst first, until q')
      .option('--json', 'the figures of one moment, as JSON')
      .addHelpText('after', topHelp),
    async (api, { database, given, logger }) => {
      const { figuresNow, showTop } = await import('../top/top.ts')
      if (given.json !== true && process.stdin.isTTY && process.stdout.isTTY) {
        // Lines of the log would be written across the screen.
        logger.level = 'silent'
        return showTop(api, database, interruption())
      }
      const { formatFigures } = await import('../top/table.ts')
      console.log(formatFigures(await figuresNow(api, database), given.json === true))
    },
  )
  add(
    program
      .command('queues')
      .description('list queues')
      .option('--json', 'as JSON instead of a table')
      .addHelpText('after', queuesHelp),
    async (api, { database, given }) => {
      const { list, queueListing } = await import('../listings.ts')
      console.log(await list(api, queueListing, { database }, given.json === true))
    },
  )
  add(
    program
      .command('consumers')
      .argument('[queue]', 'only those of this queue')
      .description('list consumers and how far behind they are')
      .option('--json', 'as JSON instead of a table')
      .addHelpText('after', consumersHelp),
    async (api, { database, given, args: [queue = null] }) => {
      const { list, consumerListing } = await import('../listings.ts')
      console.log(await list(api, consumerListing, { database, queue }, given.json === true))
    },
  )
  add(
    program
      .command('move-consumer')
      .argument('<queue>')
      .argument('<consumer>')
      .description('move a consumer in the log, and say what that skips or repeats')
      .option('--to-tick <tick>', 'to this tick')
      .option('--to-time <time>', 'to the last tick up to then: 2h for two hours ago, or a moment')
      .option('--to-newest', 'to the newest tick: skips all that waits')
      .option('--force', 'although it has a batch open')
      .option('--dry-run', 'only say what it would skip or repeat')
      .addHelpText('after', moveHelp),
    async (api, { database, given, args: [queue = '', consumer = ''] }) => {
      const { aimOf, moveConsumer } = await import('./move.ts')
      const [force, dryRun] = [given.force === true, given.dryRun === true]
      console.log(await moveConsumer(api, { database, queue, consumer, force, dryRun }, aimOf(given)))
    },
  )
}

const topHelp = `
Keys: arrows move, Enter goes into a queue and Esc back, s sorts by the next column, r turns the order round, / filters by a part of the
name, p pauses, ? helps, q quits. Pending and behind are those of the consumer that is furthest behind. Where stdin or stdout is no terminal,
it prints one table and ends.

Examples:
  pgq-graphql top
  pgq-graphql top --url https://pgq.example.com/graphql
  pgq-graphql top --json | jq '.queues[] | select(.trouble) | .name'`

const queuesHelp = `
Examples:
  pgq-graphql queues
  pgq-graphql queues --json --url https://pgq.example.com/graphql | jq -r '.[].name'`

const consumersHelp = `
Examples:
  pgq-graphql consumers orders
  pgq-graphql consumers --json | jq '.[] | select(.oldestPendingSeconds > 60) | .name'`

const moveHelp = `
An open batch of a plain consumer is given up with --force, and who works on it cannot settle it any more. Numbers of events are those
of the sequence: approximate.

Examples:
  pgq-graphql move-consumer orders billing --to-time 2h --dry-run
  pgq-graphql move-consumer orders billing --to-newest`
