import { readFile } from 'node:fs/promises'
import { CodegenError, isObject, messageOf } from './codegen-error.ts'
import { type EventType, groupByQueue, sortEventTypes } from './event-type.ts'
import { stableJson } from './json.ts'

/** A snapshot is a JSON file to be committed: `{ queues: { orders: { created: { version, schema } } } }`. */
export function formatSnapshot(eventTypes: readonly EventType[]): string {
  const queues = [...groupByQueue(eventTypes)].map(([queue, types]) => [
    queue,
    Object.fromEntries(types.map(({ type, version, schema }) => [type, { version, schema }])),
  ])
  return `${stableJson({ queues: Object.fromEntries(queues) }, 2)}\n`
}

/** @throws CodegenError */
export async function readSnapshot(path: string): Promise<EventType[]> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw new CodegenError(`The snapshot cannot be read: ${messageOf(error)}`, { cause: error })
  }
  return parseSnapshot(text, path)
}

/** @throws CodegenError that says where the text is no snapshot. */
export function parseSnapshot(text: string, path: string): EventType[] {
  const refuse = (what: string): never => {
    throw new CodegenError(`${path} is no snapshot of event types: ${what}`)
  }
  const object = (value: unknown, what: string) => (isObject(value) ? value : refuse(`${what} is no object`))
  let snapshot: unknown
  try {
    snapshot = JSON.parse(text)
  } catch (error) {
    refuse(messageOf(error))
  }
  const { queues } = object(snapshot, 'the whole')
  const eventTypes = Object.entries(object(queues, '"queues"')).flatMap(([queue, types]) =>
    Object.entries(object(types, JSON.stringify(queue))).map(([type, entry]) => {
      const place = `${JSON.stringify(queue)}, ${JSON.stringify(type)}`
      const { version, schema } = object(entry, place)
      if (!isVersion(version)) return refuse(`the version of ${place} is not a number from 1`)
      if (!isSchema(schema)) return refuse(`the schema of ${place} is neither an object nor a boolean`)
      return { queue, type, version, schema }
    }),
  )
  return sortEventTypes(eventTypes)
}

export function isVersion(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1
}

export function isSchema(value: unknown): boolean {
  return isObject(value) || typeof value === 'boolean'
}
