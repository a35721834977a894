import { anybody, type Caller } from '../../src/caller.ts'
import type { LiveDatabase } from '../../src/database/live-database.ts'
import { defaultLimits } from '../../src/defaults.ts'
import type { Limits } from '../../src/resolvers/limits.ts'
import { createContext, type SchemaContext } from '../../src/schema/context.ts'

/** Makes what resolvers and streams take, over one database. */
export function createTestContext(
  live: LiveDatabase,
  limits: Partial<Limits> = {},
  caller: Caller = anybody,
): SchemaContext {
  const databases = { get: () => live, [Symbol.iterator]: () => [live].values() }
  return createContext(databases, { ...defaultLimits, ...limits }, caller)
}
