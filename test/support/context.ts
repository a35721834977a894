import { Databases } from '../../src/database/databases.ts'
import type { Database } from '../../src/postgres/connections.ts'
import type { Context } from '../../src/resolvers/context.ts'
import { defaultLimits } from '../../src/resolvers/limits.ts'
import { createLoaders } from '../../src/resolvers/loaders.ts'

/** Makes the context of resolvers over one database. */
export function createTestContext(database: Database, limits: Partial<Context['limits']> = {}): Context {
  const databases = new Databases([database])
  return { databases, limits: { ...defaultLimits, ...limits }, loaders: createLoaders(databases) }
}
