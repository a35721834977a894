/** The gateway as a library: mount the schema in a server of your own, or run ours. */

export { Databases } from './database/databases.ts'
export { findEmbeddedServer } from './embedded/embedded-server.ts'
export { type ErrorCode, errorCodes, PgqError } from './errors.ts'
export { Database, type DatabaseOptions } from './postgres/connections.ts'
export { Realtime } from './pubsub/realtime.ts'
export { defaultLimits, type Limits } from './resolvers/limits.ts'
export { createLoaders } from './resolvers/loaders.ts'
export type { SchemaContext } from './schema/context.ts'
export { createPgqSchema } from './schema/index.ts'
export { createPgqServer, type PgqServer, type PgqServerOptions, type ServerLimits } from './server/server.ts'
export { Ticker } from './ticker/ticker.ts'
