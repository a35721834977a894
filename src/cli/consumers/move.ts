import { ConfigError } from '../../config/config-error.ts'
import { countOf } from '../../count-of.ts'
import type { Api } from '../api/api.ts'
import { type Flags, momentOf, textOf } from '../flags.ts'
import { printable } from '../table.ts'

/** Where a consumer is moved to, as the API takes it. */
export type Aim = { toTick: string } | { toTime: string } | { toNewest: true }

interface Move {
  fromTick: string
  toTick: string
  skippedEvents: string | null
  repeatedEvents: string | null
}

interface Input {
  database: string
  queue: string
  consumer: string
  force: boolean
  dryRun: boolean
}

/** Reads the flag that says where to; there must be one. @throws ConfigError */
export function aimOf(given: Flags): Aim {
  const [toTick, toTime] = [textOf(given.toTick), momentOf(given, 'to-time', 'toTime')]
  const aims = [
    ...(toTick === undefined ? [] : [{ toTick }]),
    ...(toTime === undefined ? [] : [{ toTime }]),
    ...(given.toNewest === true ? [{ toNewest: true } as const] : []),
  ]
  const [aim, ...others] = aims
  if (!aim || others.length > 0)
    throw new ConfigError('Say where to by one of --to-tick, --to-time and --to-newest.')
  return aim
}

const mutation = `mutation ($input: MoveConsumerInput!) {
  moved: moveConsumer(input: $input) { fromTick toTick skippedEvents repeatedEvents }
}`

/** Moves a consumer in the log, or only asks what that would do. @returns what it skips or repeats, in a sentence. */
export async function moveConsumer(api: Api, input: Input, aim: Aim): Promise<string> {
  const { moved } = await api.ask<{ moved: Move }>(mutation, { input: { ...input, ...aim } })
  const { fromTick, toTick, ...events } = moved
  const subject = printable(`Consumer ${input.consumer} of ${input.queue}`)
  if (fromTick === toTick) return `${subject} is at tick ${toTick} already.`
  const verb = input.dryRun ? 'would be moved' : 'was moved'
  return `${subject} ${verb} from tick ${fromTick} to ${toTick}, which ${describeEffect(events)}.`
}

function describeEffect({
  skippedEvents,
  repeatedEvents,
}: Pick<Move, 'skippedEvents' | 'repeatedEvents'>): string {
  if (isSome(skippedEvents)) return `skips about ${countOf(skippedEvents, 'event')}`
  if (isSome(repeatedEvents)) return `repeats about ${countOf(repeatedEvents, 'event')}`
  return skippedEvents === null ? 'skips what rotation has left of its events' : 'skips and repeats no event'
}

function isSome(count: string | null): count is string {
  return count !== null && count !== '0'
}
