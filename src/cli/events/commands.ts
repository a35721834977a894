import type { Command } from 'commander'
import type { AddApiCommand } from '../command.ts'
import { collect, countOfFlag, listOf, momentOf, textOf } from '../flags.ts'
import { interruption } from '../interruption.ts'
import { progressOnTerminal } from '../progress.ts'

/** Adds the commands that publish and read events. */
export function addEventCommands(program: Command, add: AddApiCommand): void {
  addTail(program, add)
  addPublish(program, add)
  addSearch(program, add)
  addTrace(program, add)
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

function addSearch(program: Command, add: AddApiCommand): void {
  add(
    program
      .command('events')
      .argument('<queue>')
      .description('search the log of a queue, the newest events first')
      .option('--grep <text>', 'only events whose data has this text, in the same case')
      .option('--path <path=value>', 'only events whose data is JSON that has this value there')
      .option('--type <type>', 'only events of this type; repeat it for several', collect)
      .option('--extra1 <text>', 'only events with this text there')
      .option('--extra2 <text>', 'likewise')
      .option('--extra3 <text>', 'likewise')
      .option('--extra4 <text>', 'likewise')
      .option('--since <time>', 'only events since then: 2h for two hours ago, or a moment')
      .option('--until <time>', 'only events until then')
      .option('--limit <number>', 'end after so many events')
      .option('--after <cursor>', 'go on where an earlier search has ended, as it said')
      .option('--json', 'a JSON object a line')
      .addHelpText('after', searchHelp),
    async (api, { database, given, args: [queue = ''] }) => {
      const [{ searchEvents }, { jsonConditionOf }] = await Promise.all([
        import('./search.ts'),
        import('./json-condition.ts'),
      ])
      const types = listOf(given.type)
      const { extra1, extra2, extra3, extra4, grep: contains } = given
      const [from, to] = [momentOf(given, 'since'), momentOf(given, 'until')]
      const path = textOf(given.path)
      await searchEvents(
        api,
        {
          database,
          queue,
          filter: {
            types: types.length > 0 ? types : null,
            contains,
            from,
            to,
            extra1,
            extra2,
            extra3,
            extra4,
          },
          json: path === undefined ? null : jsonConditionOf(path),
          after: textOf(given.after),
          limit: countOfFlag(given, 'limit'),
          asJson: given.json === true,
        },
        {
          print: console.log,
          tell: progressOnTerminal(),
          tellEnd: console.error,
          interrupted: interruption(),
        },
      )
    },
  )
}

function addTrace(program: Command, add: AddApiCommand): void {
  add(
    program
      .command('event')
      .argument('<queue>')
      .argument('<id>', 'id of the event')
      .description('say where an event has gone: which consumers have it, passed it or gave up on it')
      .option('--json', 'as JSON')
      .addHelpText('after', traceHelp),
    async (api, { database, given, args: [queue = '', eventId = ''] }) => {
      const { traceEvent } = await import('./trace.ts')
      console.log(await traceEvent(api, { database, queue, eventId }, given.json === true))
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

const searchHelp = `
All conditions must hold. The log is what rotation has left, without retries. It is searched in short steps, to its beginning or the
limit; how far that is, and where to go on, is told on stderr. Ctrl-C ends it after the step.

A value of --path is a number, true, false or null, or else text; id='"7"' is text, too. Names are parted by dots; places in lists
are numbers.

Examples:
  pgq-graphql events orders --grep alice --since 1h
  pgq-graphql events orders --type created --path customer.id=7 --limit 1
  pgq-graphql events orders --since 2026-11-28T09:00:00Z --until 2026-11-28T10:00:00Z --json | jq -r .data`

const traceHelp = `
Examples:
  pgq-graphql event orders 4711
  pgq-graphql event orders 4711 --json | jq '.consumers[] | select(.state != "PASSED")'`
