import { readSource } from '../source.ts'
import { generateTypes } from '../typescript.ts'
import { toSourceOptions } from './options.ts'

export interface PluginOutput {
  prepend: string[]
  content: string
}

/** Writes the types of the events. graphql-codegen finds it as `@pgq-graphql/codegen/types`. */
export async function plugin(_schema: unknown, _documents: unknown, config: unknown): Promise<PluginOutput> {
  const { eventTypes, name } = await readSource(toSourceOptions(config))
  const { header, imports, content } = generateTypes(eventTypes, name)
  return { prepend: [header, imports], content }
}
