import type { Caller } from '../caller.ts'
import type { Databases } from '../database/databases.ts'
import type { LiveDatabase } from '../database/live-database.ts'
import type { Memory } from '../memory/memory.ts'
import type { LiveView } from '../pubsub/live-view.ts'
import type { Context } from '../resolvers/context.ts'
import type { Limits } from '../resolvers/limits.ts'
import { RequestBudget } from '../resolvers/request-budget.ts'

/** The context of the schema's fields: that of the resolvers, with databases that have streams and tickers. */
export interface SchemaContext extends Context {
  database(name: string): LiveView
  databases(): LiveDatabase[]
}

/**
 * Makes a context that other GraphQL servers can use too: they copy a context's own properties into theirs.
 *
 * @param isWanted Says whether somebody still waits for the answer.
 * @param memory Where a large answer takes its turn, until `budget.end`. Default: it waits for none.
 */
export function createContext(
  databases: Pick<Databases, 'get' | typeof Symbol.iterator>,
  limits: Limits,
  caller: Caller,
  isWanted?: () => boolean,
  memory?: Memory,
): SchemaContext {
  const shows = (database: string) => caller.access.shows({ database })
  return {
    caller,
    limits,
    budget: new RequestBudget(limits, isWanted, memory && { memory, client: caller.name }),
    database: (name) => databases.get(name, shows).seenBy(caller),
    databases: () => [...databases].filter(({ name }) => shows(name)),
  }
}
