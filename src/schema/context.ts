import type { Caller, Sender } from '../caller.ts'
import type { Administration } from '../database/administration.ts'
import type { Databases } from '../database/databases.ts'
import type { LiveDatabase } from '../database/live-database.ts'
import type { Instrumentation } from '../instrumentation.ts'
import type { Memory } from '../memory/memory.ts'
import type { Movers } from '../mover/movers.ts'
import type { LiveView } from '../pubsub/live-view.ts'
import type { CallerLimits } from '../rates/caller-limits.ts'
import type { Context } from '../resolvers/context.ts'
import type { Limits } from '../resolvers/limits.ts'
import { RequestBudget } from '../resolvers/request-budget.ts'

/** The context of the schema's fields: that of the resolvers, with databases that have streams and tickers. */
export interface SchemaContext extends Context {
  database(name: string): LiveView
  databases(): LiveDatabase[]
  readonly sender: Sender
  readonly administration: Administration
  /** Null where there are none. */
  readonly movers: Movers | null
  /** Told of what a mutation has begun, at its end. Undefined where nobody is. */
  readonly tellMutation: Instrumentation['mutation']
}

/** What the context of a request has of that request, all of it optional. */
export interface RequestParts {
  /** Says whether somebody still waits for the answer. */
  isWanted?: (() => boolean) | undefined
  /** Where a large answer takes its turn, until `budget.end`. Default: it waits for none. */
  memory?: Memory | undefined
  /** Default: an unknown address. */
  sender?: Sender | undefined
  /** Default: what a caller publishes is not counted. */
  callerLimits?: CallerLimits | undefined
  movers?: Movers | undefined
  tellMutation?: Instrumentation['mutation'] | undefined
}

/** Makes a context that other GraphQL servers can use too: they copy a context's own properties into theirs. */
export function createContext(
  databases: Pick<Databases, 'get' | typeof Symbol.iterator>,
  administration: Administration,
  limits: Limits,
  caller: Caller,
  {
    isWanted,
    memory,
    sender = { caller, address: '', requestId: null },
    callerLimits,
    movers,
    tellMutation,
  }: RequestParts = {},
): SchemaContext {
  const shows = (database: string) => caller.access.shows({ database })
  const turns = memory && { memory, client: caller.name }
  const spendPublished = callerLimits && ((count: number) => callerLimits.spendEvents(sender, count))
  return {
    caller,
    sender,
    administration,
    movers: movers ?? null,
    tellMutation,
    limits,
    budget: new RequestBudget(limits, isWanted, turns, spendPublished),
    database: (name) => databases.get(name, shows).seenBy(caller),
    databases: () => [...databases].filter(({ name }) => shows(name)),
  }
}
