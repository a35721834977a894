import { anybody, type Caller } from '../../src/caller.ts'
import { Administration } from '../../src/database/administration.ts'
import { Databases } from '../../src/database/databases.ts'
import type { LiveDatabase } from '../../src/database/live-database.ts'
import { defaultLimits } from '../../src/defaults.ts'
import type { Limits } from '../../src/resolvers/limits.ts'
import { RequestBudget } from '../../src/resolvers/request-budget.ts'
import { createContext, type SchemaContext } from '../../src/schema/context.ts'
import { testLogger } from './logger.ts'

/** Administers the databases of nobody. */
export const noAdministration = new Administration({
  databases: new Databases({ logger: testLogger() }),
  defaults: {},
  reload: undefined,
})

/** Makes what resolvers and streams take, over one database; each use of its budget is that of another request. */
export function createTestContext(
  live: LiveDatabase,
  limits: Partial<Limits> = {},
  caller: Caller = anybody,
): SchemaContext {
  const databases = { get: () => live, [Symbol.iterator]: () => [live].values() }
  const all = { ...defaultLimits, ...limits }
  return Object.defineProperty(createContext(databases, noAdministration, all, caller), 'budget', {
    get: () => new RequestBudget(all),
  })
}
