import type { SchemaTypes } from '@pothos/core'
import { builder } from './builder.ts'

const database = {
  defaultValue: 'main',
  required: true,
  description: 'Which of the databases of this server.',
} as const

/** Makes the `database` argument of queries and subscriptions. */
export const databaseArg = () => builder.args((t) => ({ database: t.string(database) }))

type BuilderTypes =
  typeof builder extends PothosSchemaTypes.SchemaBuilder<infer Types extends SchemaTypes> ? Types : never

/** The builder that the `fields` function of an input type is given. */
export type InputFields = PothosSchemaTypes.InputFieldBuilder<BuilderTypes, 'InputObject'>

/** Makes the `database` field of an input. */
export const databaseField = (t: PothosSchemaTypes.InputFieldBuilder<BuilderTypes, 'InputObject'>) =>
  t.string(database)
