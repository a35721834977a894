import type { Command } from 'commander'
import type { AddApiCommand } from '../command.ts'
import { collect, listOf, textOf } from '../flags.ts'
import { progressOnTerminal } from '../progress.ts'

/** Adds the commands that publish and read events. */
export function addEventCommands(program: Command, add: AddApiCommand): void {
  addTail(program, add)
  addPublish(program, add)
}

function addTail(program: Command, add: AddApiCommand): void {
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
      const after = textOf(given.after)
      const options = { database, queue, types: listOf(given.type), after, json: given.json === true }
      await tail(api, options, console.log)
    },
  )
}

function addPublish(program: Command, add: AddApiCommand): void {
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
      const tell = progressOnTerminal()
      const options = { database, queue, type: textOf(given.type), data, input: process.stdin, tell }
      console.log(await publish(api, options))
    },
  )
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
