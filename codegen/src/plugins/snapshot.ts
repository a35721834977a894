import { formatSnapshot } from '../snapshot.ts'
import { readSource } from '../source.ts'
import { toSourceOptions } from './options.ts'

/** For graphql-codegen, as `@pgq-graphql/codegen/snapshot`: writes the event types of a server as a JSON file. */
export async function plugin(_schema: unknown, _documents: unknown, config: unknown): Promise<string> {
  const { eventTypes } = await readSource({ ...toSourceOptions(config), snapshot: undefined })
  return formatSnapshot(eventTypes)
}
