import { formatSnapshot } from '../snapshot.ts'
import { readSource } from '../source.ts'
import { toSourceOptions } from './options.ts'

/** Writes the event types of a server as a JSON file. graphql-codegen finds it as `@pgq-graphql/codegen/snapshot`. */
export async function plugin(_schema: unknown, _documents: unknown, config: unknown): Promise<string> {
  const { eventTypes } = await readSource({ ...toSourceOptions(config), snapshot: undefined })
  return formatSnapshot(eventTypes)
}
