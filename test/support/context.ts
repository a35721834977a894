import { anybody, type Caller } from '../../src/caller.ts'
import type { LiveDatabase } from '../../src/database/live-database.ts'
import { defaultLimits } from '../../src/defaults.ts'
import type { Limits } from '../../src/resolvers/limits.ts'
import { RequestBudget } from '../../src/resolvers/request-budget.ts'
import { createContext, type SchemaContext } from '../../src/schema/context.ts'

/** Makes what resolvers and streams take, over one database; each use of its budget is that of another request. */
export function createTestContext(
  live: LiveDatabase,
  limits: Partial<Limits> = {},
  caller: Caller = anybody,
): SchemaContext {
  const databases = { get: () => live, [Symbol.iterator]: () => [live].values() }
  const all = { ...defaultLimits, ...limits }
  return Object.defineProperty(createContext(databases, all, caller), 'budget', {
    get: () => new RequestBudget(all),
  })
}
