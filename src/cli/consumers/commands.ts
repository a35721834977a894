import type { Command } from 'commander'
import type { AddApiCommand } from '../command.ts'

/** Adds the commands about queues and their consumers. */
export function addConsumerCommands(program: Command, add: AddApiCommand): void {
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
}

const queuesHelp = `
Examples:
  pgq-graphql queues
  pgq-graphql queues --json --url https://pgq.example.com/graphql | jq -r '.[].name'`

const consumersHelp = `
Examples:
  pgq-graphql consumers orders
  pgq-graphql consumers --json | jq '.[] | select(.oldestPendingSeconds > 60) | .name'`
