import { PgqError } from '../../errors.ts'
import {
  type EventTypeCache,
  type EventValues,
  isChanged,
  type PayloadFault,
  type QueueTypes,
} from '../event-types/type-cache.ts'

type TypesOf = (queue: string) => QueueTypes

/** Maximum number of attempts at one insert; types change by hand or at a deployment, so two are rarely needed. */
const MAX_ATTEMPTS = 20

/**
 * Inserts events whose payloads match the types of their queues at the time of the insert. SQL is given the revision
 * of the types that they were checked against, and inserts nothing when that is outdated. This needs no query
 * beforehand, so it costs nothing while the types stay the same.
 *
 * @param callbacks.check Returns the faulty events.
 * @param callbacks.refuse Handles events that are faulty by the current types.
 */
export async function insertChecked<Result>(
  cache: EventTypeCache,
  queues: readonly string[],
  callbacks: {
    check(typesOf: TypesOf): PayloadFault[]
    insert(typesOf: TypesOf): Promise<Result>
    refuse(faults: readonly PayloadFault[]): Promise<Result>
  },
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    const types = new Map(queues.map((queue) => [queue, cache.known(queue)]))
    const typesOf = (queue: string) => types.get(queue) ?? cache.known(queue)
    const faults = callbacks.check(typesOf)
    if (faults.length === 0) {
      try {
        return await callbacks.insert(typesOf)
      } catch (error) {
        if (!isChanged(error) || attempt === MAX_ATTEMPTS) throw error
      }
    }
    const loaded = await Promise.all(queues.map((queue) => cache.load(queue)))
    const isCurrent = loaded.every(
      ({ revision }, index) => revision === types.get(queues[index] ?? '')?.revision,
    )
    if (faults.length > 0 && (isCurrent || attempt === MAX_ATTEMPTS)) return callbacks.refuse(faults)
  }
}

/**
 * Checks events of several queues.
 *
 * @param places Places of the events in the list, by queue.
 * @param values The events, in the order of the list.
 */
export function faultsByQueue(
  typesOf: TypesOf,
  places: ReadonlyMap<string, readonly number[]>,
  values: readonly EventValues[],
): PayloadFault[] {
  return [...places].flatMap(([queue, indexes]) => {
    const faults = typesOf(queue).faultsOf(indexes.map((index) => values[index] ?? []))
    return faults.map((fault) => ({ ...fault, index: indexes[fault.index] ?? 0 }))
  })
}

const MAX_LISTED_FAULTS = 10

/**
 * Makes the error for faulty payloads, listing at most 10 faults.
 *
 * @param payloadOf Returns the path of an event's payload in the input.
 */
export function invalidPayload(
  faults: readonly PayloadFault[],
  payloadOf: (index: number) => string,
): PgqError {
  const lines: string[] = []
  let omitted = 0
  for (const { index, explain } of faults) {
    if (lines.length >= MAX_LISTED_FAULTS) {
      omitted++
      continue
    }
    const { type, version, faults } = explain()
    const listed = faults.slice(0, MAX_LISTED_FAULTS - lines.length)
    const more = faults.length > listed.length ? ['…'] : []
    const whats = [...listed.map(({ path, what }) => (path ? `${shortened(path)} ${what}` : what)), ...more]
    lines.push(
      `${payloadOf(index)} does not match type ${JSON.stringify(shortened(type))}, version ${version}: ${whats.join(', ')}`,
    )
  }
  const rest = omitted > 0 ? `; and ${omitted} more events` : ''
  return new PgqError('INVALID_PAYLOAD', lines.join('; ') + rest, {
    field: payloadOf(faults[0]?.index ?? 0),
  })
}

function shortened(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
