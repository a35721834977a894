import type { GraphQLSchema } from 'graphql'
import './scalars.ts'
import './error-code.ts'
import './database.ts'
import './queue.ts'
import './tick.ts'
import './consumer.ts'
import './batch.ts'
import './event.ts'
import './event-search.ts'
import './event-trace.ts'
import './dead-letter.ts'
import './dead-letter-groups.ts'
import './event-type.ts'
import './me.ts'
import './administration.ts'
import './mover.ts'
import './diagnosis.ts'
import './queue-mutations.ts'
import './publish-mutations.ts'
import './consumer-mutations.ts'
import './batch-mutations.ts'
import './dead-letter-mutations.ts'
import './dead-letter-job.ts'
import './event-type-mutations.ts'
import './subscriptions.ts'
import { builder } from './builder.ts'

const description = `The queues of PgQ, the batched queue inside PostgreSQL.

Publish with insertEvent or insertEvents. A ticker cuts the events of a queue into batches. To consume, register a consumer,
subscribe to batches, and settle each batch with finishBatch; to follow a queue without a consumer, subscribe to tail.

An error has a code of ErrorCode in extensions.code, and in extensions.field the input that it is about. Numbers of 64 bits
are decimal strings.`

/** Makes the executable schema, the same as the committed `schema.graphql`. Its fields expect a `SchemaContext`. */
export function createPgqSchema(): GraphQLSchema {
  const schema = builder.toSchema()
  schema.description = description
  return schema
}
