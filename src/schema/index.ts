import type { GraphQLSchema } from 'graphql'
import './scalars.ts'
import './error-code.ts'
import './database.ts'
import './queue.ts'
import './tick.ts'
import './consumer.ts'
import './batch.ts'
import './event.ts'
import './dead-letter.ts'
import './event-type.ts'
import './queue-mutations.ts'
import './publish-mutations.ts'
import './consumer-mutations.ts'
import './batch-mutations.ts'
import './dead-letter-mutations.ts'
import './event-type-mutations.ts'
import './subscriptions.ts'
import { builder } from './builder.ts'

/** Makes the executable schema, the same as the committed `schema.graphql`. Its fields expect a `SchemaContext`. */
export function createPgqSchema(): GraphQLSchema {
  return builder.toSchema()
}
